"""Runs the components one at a time on artifacts, as a launcher does: what is wired is what is run."""

import copy
import itertools
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from tfx.dsl.components.base import base_beam_executor, base_executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import artifact_utils, channel_utils, standard_artifacts
from tfx.types.artifact import Artifact

from pipeline.config.beam import InMemory
from tests.tfx import tiny_model
from tfx_hallmark import (
    BaselineEvaluator,
    Registry,
    RegistryPusher,
    StableBaseline,
    VersionTagger,
    beats_baseline,
)
from tfx_hallmark.registry.model import Model

NAME = "tiny"
BEAM_ARGS = InMemory(runner="in_memory", extra=[]).arguments()

_ids = itertools.count(1)


def accuracy_gate(**changes: Any) -> Any:
    """Makes the EvalConfig of most tests; `changes` are arguments of `beats_baseline`."""
    settings = {
        "label_key": "label",
        "min_value": 0.5,
        "slices": ["region"],
        "slice_min_value": 0.4,
        "slice_tolerance": 0.05,
    }
    return beats_baseline("BinaryAccuracy", **{**settings, **changes})


def make_artifact(kind: type[Artifact], uri: Path) -> Artifact:
    """Makes an artifact as ML Metadata would hand it to an executor, with an id and a uri."""
    artifact = kind()
    artifact.uri = str(uri)
    artifact.id = next(_ids)
    return artifact


def make_examples(
    folder: Path, splits: Mapping[str, Sequence[bytes]] | None = None, *, files: int = 1
) -> Artifact:
    """Writes an Examples artifact; by default every row is in the split `eval`."""
    splits = {"eval": [tiny_model.serialized(row) for row in tiny_model.rows()]} if splits is None else splits
    examples = make_artifact(standard_artifacts.Examples, folder)
    examples.split_names = artifact_utils.encode_split_names(list(splits))
    for split, records in splits.items():
        for number in range(files):
            name = f"data_tfrecord-{number:05d}-of-{files:05d}.gz"
            tiny_model.write_records(folder / f"Split-{split}" / name, records[number::files])
    return examples


def make_model(folder: Path, errors: Sequence[int], *, confidence: float = 1.0, seed: int = 0) -> Artifact:
    """Trains, so to speak: a Model artifact as a Trainer leaves it."""
    model = make_artifact(standard_artifacts.Model, folder)
    tiny_model.save(folder / "Format-Serving", errors, confidence=confidence, seed=seed)
    return model


def launch(component: BaseComponent, outputs: Path, **extra: list[Artifact]) -> dict[str, Artifact]:
    """Runs a component's own executor on the artifacts it was constructed with.

    Args:
        component: Constructed with channels of artifacts.
        outputs: Where its output artifacts go.
        **extra: Inputs in place of those in its channels.
    """
    inputs = {key: list(channel.get()) for key, channel in component.inputs.items()} | extra
    given = {key: value for key, value in component.exec_properties.items() if value is not None}
    written = {}
    for key, channel in component.outputs.items():
        written[key] = make_artifact(channel.type, outputs / key / str(next(_ids)))
        Path(written[key].uri).mkdir(parents=True)
    executor_class = component.executor_spec.executor_class
    if issubclass(executor_class, base_beam_executor.BaseBeamExecutor):
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=BEAM_ARGS, tmp_dir=str(outputs / "tmp"), unique_id="1"
        )
    else:
        context = base_executor.BaseExecutor.Context(tmp_dir=str(outputs / "tmp"), unique_id="1")
    executor_class(context).Do(inputs, {key: [one] for key, one in written.items()}, given)
    return written


def as_channel(artifact: Artifact) -> Any:
    """Gives a channel that holds one artifact."""
    return channel_utils.as_channel([artifact])


class Candidate(msgspec.Struct, kw_only=True):
    """A model with what became of it so far: the artifacts that a pusher takes."""

    model: Artifact
    model_version: Artifact | None = None
    baseline: Artifact | None = None
    blessing: Artifact | None = None
    evaluation: Artifact | None = None


class Bench:
    """A registry of its own and a folder for artifacts, to take candidates through the components."""

    def __init__(self, folder: Path, examples: Artifact) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.examples = examples
        self._numbers = itertools.count(1)

    @property
    def registered(self) -> Model:
        """The model in the registry, opened anew."""
        return Registry.open(self.root).model(NAME)

    def new_folder(self) -> Path:
        return self.folder / "artifacts" / str(next(self._numbers))

    def launch(self, component: BaseComponent) -> dict[str, Artifact]:
        """Runs a component; its outputs go into a folder of their own."""
        return launch(component, self.new_folder())

    def train(self, *errors: int, confidence: float = 1.0, seed: int = 0) -> Candidate:
        return Candidate(model=make_model(self.new_folder(), errors, confidence=confidence, seed=seed))

    def tag(self, candidate: Candidate, **options: Any) -> Candidate:
        tagger = VersionTagger(
            as_channel(candidate.model),
            registry_root=str(self.root),
            model_name=NAME,
            **{"examples": as_channel(self.examples), **options},
        )
        candidate.model_version = self.launch(tagger)["model_version"]
        return candidate

    def hand_out_baseline(self, candidate: Candidate) -> Candidate:
        component = StableBaseline(as_channel(candidate.model), as_channel(candidate.model_version))
        candidate.baseline = self.launch(component)["baseline"]
        return candidate

    def evaluate(
        self, candidate: Candidate, eval_config: Any = None, *, examples: Artifact | None = None
    ) -> Candidate:
        evaluator = BaselineEvaluator(
            as_channel(examples or self.examples),
            as_channel(candidate.model),
            baseline=as_channel(candidate.baseline),
            model_version=as_channel(candidate.model_version),
            eval_config=accuracy_gate() if eval_config is None else eval_config,
        )
        written = self.launch(evaluator)
        candidate.blessing, candidate.evaluation = written["blessing"], written["evaluation"]
        return candidate

    def prepare(self, candidate: Candidate, eval_config: Any = None) -> Candidate:
        """Tags and evaluates: all that comes before the push."""
        return self.evaluate(self.hand_out_baseline(self.tag(candidate)), eval_config)

    def pusher(self, candidate: Candidate, **options: Any) -> RegistryPusher:
        return RegistryPusher(
            as_channel(candidate.model),
            as_channel(candidate.blessing),
            model_version=as_channel(candidate.model_version),
            evaluation=as_channel(candidate.evaluation),
            baseline=as_channel(candidate.baseline),
            **options,
        )

    def push(self, candidate: Candidate, **options: Any) -> Artifact:
        """Pushes, and gives the PushedModel artifact."""
        return self.launch(self.pusher(candidate, **options))["pushed_model"]


def moved_to(bench: Bench, candidate: Candidate, folder: Path) -> tuple[Bench, Candidate]:
    """Gives a private copy of a registry, and the candidate as if it had been tagged there."""
    own = Bench(folder, bench.examples)
    shutil.copytree(bench.root, own.root, symlinks=True)
    moved = Candidate(
        **{field: copy.deepcopy(getattr(candidate, field)) for field in candidate.__struct_fields__}
    )
    moved.model_version.set_string_custom_property("registry_root", str(own.root))
    return own, moved
