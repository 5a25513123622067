"""Plays an importer: it puts an artifact that is already somewhere on record (component/importer_launcher.go)."""

from google.protobuf import json_format

from tests.kubeflow.interpreter.errors import RefusedError
from tests.kubeflow.interpreter.executor_input import Outputs, RunFacts
from tests.kubeflow.interpreter.spec import Spec
from tests.kubeflow.interpreter.store import Artifact, Store


def run_importer(spec: Spec, task: str, run: RunFacts, store: Store) -> Outputs:
    """Put the artifact of an importer task on record, or find it there if it need not be imported again.

    Raises:
        RefusedError: If its address is given nowhere.
    """
    importer = spec.executor_of(task).importer
    source = importer.artifact_uri.WhichOneof("value")
    if source == "constant":
        uri = importer.artifact_uri.constant.string_value
    elif source == "runtime_parameter":
        wanted = spec.tasks[task].inputs.parameters[importer.artifact_uri.runtime_parameter]
        uri = run.parameters[wanted.component_input_parameter].string_value
    else:
        msg = "artifact uri not provided"
        raise RefusedError(msg)
    artifact = Artifact(uri=uri, type=importer.type_schema)
    artifact.metadata.update(json_format.MessageToDict(importer.metadata))
    known = None if importer.reimport else store.find(artifact)
    [key] = spec.component_of(task).output_definitions.artifacts
    return Outputs({key: known or store.publish(artifact)}, {})
