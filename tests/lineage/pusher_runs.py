"""Runs of a pipeline that ends in TFX Pusher, written to a metadata store as TFX records them, without TFX.

Their Evaluator left a blessing and no evaluation, whose reading takes TensorFlow.
"""

import json
from pathlib import Path

from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.batch import Slot, Step, Types, Value, write

COMPONENTS = "tfx.components"


class PusherPipeline:
    """A pipeline of TFX's own components.

    Args:
        store: Where its runs are written.
        base: The folder that its Pusher fills.
        root: The pipeline root.
        name: The pipeline's.
    """

    def __init__(
        self, store: MetadataStore, base: Path, *, root: str = "/data/pipeline", name: str = "tutorial"
    ) -> None:
        self._store, self._base, self._root = store, base, root
        self._types = Types(store)
        self._name = name
        self._pipeline = self._context("pipeline", name)

    def run(
        self,
        number: int,
        *,
        name: str = "run",
        span: int = 0,
        learning_rate: float = 0.01,
        blessed: int | None = 1,
        pushed: int = 1,
    ) -> dict[str, int]:
        """Writes a whole run.

        Args:
            number: What Pusher called the directory.
            name: Of the run, with the number behind it.
            span: Of the examples.
            learning_rate: Of the Trainer.
            blessed: What the Evaluator said; None if there was none.
            pushed: Whether Pusher pushed.

        Returns:
            The ids of the artifacts, by type.
        """
        prefix = "" if self._name == "tutorial" else f"{self._name}-"
        contexts = [self._pipeline, self._context("pipeline_run", f"{prefix}{name}-{number}")]
        examples = Slot("Examples", "examples", {"span": span})
        transformed = Slot("Examples", "transformed_examples")
        model = Slot("Model", "model")
        blessing = Slot("ModelBlessing", "blessing", {"blessed": int(bool(blessed))})
        told: dict[str, Value] = {"pushed": pushed}
        if pushed:
            told |= {"pushed_destination": str(self._base / str(number)), "pushed_version": str(number)}
        pushed_model = Slot("PushedModel", "pushed_model", told)
        settings: dict[str, Value] = {
            "custom_config": json.dumps({"learning_rate": learning_rate, "seed": 7}),
            "train_args": '{"num_steps": 30}',
            "module_path": "penguin@/data/wheel.whl",
        }

        def step(node: str, type_: str, inputs: dict[str, Slot], outputs: list[Slot], **more: Value) -> Step:
            kind = f"{COMPONENTS}.{type_}"
            return Step(
                node=node,
                type=kind,
                properties=more,
                inputs=list(inputs.items()),
                outputs=outputs,
                contexts=contexts,
            )

        steps = [
            step("CsvExampleGen", "example_gen.csv_example_gen.component.CsvExampleGen", {}, [examples]),
            step("Transform", "transform.component.Transform", {"examples": examples}, [transformed]),
            step("Trainer", "trainer.component.Trainer", {"examples": transformed}, [model], **settings),
        ]
        read = {"model": model}
        if blessed is not None:
            judged = {"examples": examples, "model": model}
            steps.append(step("Evaluator", "evaluator.component.Evaluator", judged, [blessing]))
            read["model_blessing"] = blessing
        steps.append(step("Pusher", "pusher.component.Pusher", read, [pushed_model]))
        write(self._store, self._types, self._root, steps)
        return {slot.type: slot.id for slot in (examples, model, blessing, pushed_model)}

    def _context(self, kind: str, name: str) -> int:
        (number,) = self._store.put_contexts([mlmd.Context(type_id=self._types.context(kind), name=name)])
        return int(number)
