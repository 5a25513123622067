"""The manifest: all that is recorded about one version, in the order of the questions people ask."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.git.hosting import commit_page
from tfx_hallmark.registry.savedmodel import Fingerprint, Signature, TensorSpec
from tfx_hallmark.registry.tree import FileEntry

SCHEMA = 1


class DataSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model was trained on.

    Attributes:
        uri: Where the Examples artifact lay.
        span: ExampleGen's span, if it had one.
        version: ExampleGen's version, if it had one.
        splits: Names of the splits.
        records: Number of examples by split.
        digest: Content digest of the examples, whatever order they lie in.
        schema: Digest of the schema, whatever order it lists features in.
        schema_text: Digest of the object that holds the schema as text, features in the order of names.
        statistics: Content digest of the statistics artifact.
        transform_graph: Content digest of the transform graph artifact.
        statistics_uri: Where the statistics artifact lay.
        uris: Where each of them lay, if there were several Examples artifacts; `uri` is the first.
        spans: The span of each of those, in the same order; `span` then tells all, e.g. `41-42`.
    """

    uri: str
    span: str | None = None
    version: str | None = None
    splits: tuple[str, ...] = ()
    records: Mapping[str, int] = msgspec.field(default_factory=dict)
    digest: str | None = None
    schema: str | None = None
    schema_text: str | None = None
    statistics: str | None = None
    transform_graph: str | None = None
    statistics_uri: str | None = None
    uris: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()


class InputArtifact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a Trainer read by one of its inputs.

    Attributes:
        uri: Where it lay.
        digest: Digest of its content: of Examples, whatever order and artifact their records lie in; of a schema,
            whatever order it lists features in. None if it was gone.
        splits: Splits of an Examples artifact.
        uris: Where each artifact lay, if there were several; `uri` is the first, and the digest is over all.
        properties: Properties of an Examples artifact that say how it is read, e.g. `payload_format`.
    """

    uri: str
    digest: str | None = None
    splits: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    properties: Mapping[str, str] = msgspec.field(default_factory=dict)


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A Python file that a Trainer packs with its module.

    Attributes:
        digest: BLAKE3 of the file.
        source: Digest of the object that holds its text; None if it is not kept.
    """

    digest: str
    source: str | None = None


class Code(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which code made a model.

    Attributes:
        module: Path of the user module, or dotted name of the run function.
        module_digest: BLAKE3 of the module's source.
        module_source: Digest of the object that holds the source.
        files: The other Python files of the module's folder, by name: the Trainer packs them all.
        commit: Git commit of the working tree.
        dirty: Whether the tree had changes that are not in the commit.
        remote: URL of the git remote, without credentials.
        diff: Digest of the object that holds the changes which are not in the commit, as `git diff` writes them;
            those in the module's folder first, and with a last line that says so if it was too long to keep whole.
    """

    module: str | None = None
    module_digest: str | None = None
    module_source: str | None = None
    files: Mapping[str, SourceFile] = msgspec.field(default_factory=dict)
    commit: str | None = None
    dirty: bool | None = None
    remote: str | None = None
    diff: str | None = None

    @property
    def commit_page(self) -> str | None:
        """Address of the commit's page on GitHub, GitLab or Bitbucket; None where it has none."""
        return commit_page(self.remote, self.commit)


class Environment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On what a model was made.

    Attributes:
        python: Version of the interpreter.
        platform: Operating system and machine.
        cpus: Cores that this process may use.
        memory: Bytes of RAM.
        accelerators: Names of the GPUs that TensorFlow saw.
        packages: Version of each package that bears on the result.
        all_packages: Digest of the object that lists every package installed.
        cpu: Name of the processor.
        cpu_flags: Those of its instruction sets that change how TensorFlow rounds.
        driver: Version of the GPU driver, where there is one.
        numerics: Settings of TensorFlow that bear on the last digits: `op_determinism`, `onednn`, `tensor_float_32`.
        container_image: Image that it ran in, where the orchestrator tells it.
    """

    python: str
    platform: str
    cpus: int
    memory: int
    accelerators: tuple[str, ...] = ()
    packages: Mapping[str, str]
    all_packages: str
    cpu: str | None = None
    cpu_flags: tuple[str, ...] = ()
    driver: str | None = None
    numerics: Mapping[str, bool] = msgspec.field(default_factory=dict)
    container_image: str | None = None


class Cost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What training took, where it is known.

    Attributes:
        seconds: Wall time of the Trainer.
        peak_memory: Greatest resident size of its process, in bytes.
    """

    seconds: float | None = None
    peak_memory: int | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which run of which pipeline made a model.

    Attributes:
        pipeline: Name of the pipeline.
        run_id: Its run; an orchestrator that tells the executor nothing leaves it out.
        orchestrator: What ran it, where that can be told: `local`, `airflow` or `kubeflow`.
        model_uri: Uri of the Model artifact.
        model_id: Its id in ML Metadata, where the orchestrator tells it.
    """

    pipeline: str | None = None
    run_id: str | None = None
    orchestrator: str | None = None
    model_uri: str
    model_id: str | None = None


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model was made from.

    Attributes:
        data: Training data; None if unknown, as for an adopted model.
        preprocessing: Structure of the preprocessing graph; see `savedmodel.structure`.
        code: Training code.
        hyperparameters: Whatever the Trainer was given to tune, JSON values.
        train_args: The Trainer's train arguments.
        eval_args: The Trainer's eval arguments.
        seed: The random seed, if one was given.
        custom_config: The Trainer's `custom_config`, whole; None if it had none, or got it only when it ran.
        tuned: Those of the hyperparameters that a Tuner chose.
        inputs: What the Trainer read, by input: `examples`, `schema`, `transform_graph`, `base_model`, ...
        environment: Software and hardware.
        cost: What training took.
        run: The pipeline run.
        training_curve: Digest of the object that says how the training went, see `training_curve.TrainingCurve`.
    """

    data: DataSource | None = None
    preprocessing: str | None = None
    code: Code | None = None
    hyperparameters: Mapping[str, Any] = msgspec.field(default_factory=dict)
    train_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    eval_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    seed: int | None = None
    custom_config: Mapping[str, Any] | None = None
    tuned: Mapping[str, Any] = msgspec.field(default_factory=dict)
    inputs: Mapping[str, InputArtifact] = msgspec.field(default_factory=dict)
    environment: Environment | None = None
    cost: Cost | None = None
    run: Run | None = None
    training_curve: str | None = None


class Golden(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The predictions that were kept for later comparison.

    Attributes:
        predictions: Digest of the object that holds them, see `golden.GoldenPredictions`; None if there are none.
        warmup: BLAKE3, 64 hex digits, of the warm-up file that a release gets with them; None if it gets none.
        note: Why there are none.
    """

    predictions: str | None = None
    warmup: str | None = None
    note: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version, for ever.

    Attributes:
        schema: Version of this form.
        model: The model's name.
        version: Semantic version.
        tag: Tag text.
        created: When it was tagged, UTC.
        digest: Content digest of the whole.
        size: Bytes.
        files: Every file with its digest.
        signatures: What clients send and get back.
        variables: Type and shape of each weight.
        structure: Structural fingerprint of the graph; see `savedmodel.structure`.
        fingerprint: TensorFlow's own fingerprint, if the model carries one.
        tensorflow_version: What wrote the SavedModel.
        bump: `first`, `major`, `minor`, `patch` or `explicit`.
        reasons: Why that bump.
        compared_with: The version it was compared with.
        provenance: What it was made from.
        golden: Its predictions on a few examples; None in manifests older than these.
        description: Free text.
        notes: Key-value notes.
    """

    schema: int = SCHEMA
    model: str
    version: str
    tag: str
    created: str
    digest: str
    size: int
    files: tuple[FileEntry, ...]
    signatures: Mapping[str, Signature]
    variables: Mapping[str, TensorSpec]
    structure: str
    fingerprint: Fingerprint | None = None
    tensorflow_version: str = ""
    bump: str
    reasons: tuple[str, ...]
    compared_with: str | None = None
    provenance: Provenance = Provenance()
    golden: Golden | None = None
    description: str = ""
    notes: Mapping[str, str] = msgspec.field(default_factory=dict)
