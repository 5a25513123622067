"""Runs of the penguin pipeline, written to a metadata store as TFX records them, without TFX.

What is written was taken from a store that real runs had filled: types, properties, events and their names,
contexts, uris, and the cache: what ran before with the same settings on the same inputs is a CACHED execution
whose output events are on the old artifacts.
"""

import datetime
import hashlib
import itertools
import json
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.batch import Slot, Step, Types, Value, write
from tfx_hallmark.registry.manifest import DataSource, Provenance, Run


class NodeKind(NamedTuple):
    """A node of the pipeline: type of its executions, names of its inputs with what they are, its outputs."""

    type: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


GRAPH, EXAMPLES, MODEL = "Transform.transform_graph", "CsvExampleGen.examples", "Trainer.model"
SCHEMA, VERSION = "SchemaGen.schema", "VersionTagger.model_version"
NODES = {
    "CsvExampleGen": NodeKind(
        "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen", {}, {"examples": "Examples"}
    ),
    "EvalExampleGen": NodeKind(
        "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen", {}, {"examples": "Examples"}
    ),
    "StatisticsGen": NodeKind(
        "tfx.components.statistics_gen.component.StatisticsGen",
        {"examples": EXAMPLES},
        {"statistics": "ExampleStatistics"},
    ),
    "SchemaGen": NodeKind(
        "tfx.components.schema_gen.component.SchemaGen",
        {"statistics": "StatisticsGen.statistics"},
        {"schema": "Schema"},
    ),
    "ExampleValidator": NodeKind(
        "tfx.components.example_validator.component.ExampleValidator",
        {"statistics": "StatisticsGen.statistics", "schema": SCHEMA},
        {"anomalies": "ExampleAnomalies"},
    ),
    "Transform": NodeKind(
        "tfx.components.transform.component.Transform",
        {"examples": EXAMPLES, "schema": SCHEMA},
        {
            "transform_graph": "TransformGraph",
            "updated_analyzer_cache": "TransformCache",
            "transformed_examples": "Examples",
        },
    ),
    "Trainer": NodeKind(
        "tfx.components.trainer.component.Trainer",
        {"transform_graph": GRAPH, "examples": "Transform.transformed_examples", "schema": SCHEMA},
        {"model_run": "ModelRun", "model": "Model"},
    ),
    "VersionTagger": NodeKind(
        "tfx_hallmark.tagger.component.VersionTagger",
        {"transform_graph": GRAPH, "examples": EXAMPLES, "model": MODEL, "schema": SCHEMA},
        {"model_version": "tfx_hallmark.ModelVersion"},
    ),
    "StableBaseline": NodeKind(
        "tfx_hallmark.baseline.component.StableBaseline",
        {"model_version": VERSION, "model": MODEL},
        {"baseline": "Model"},
    ),
    "BaselineEvaluator": NodeKind(
        "tfx_hallmark.evaluator.component.BaselineEvaluator",
        {
            "examples": EXAMPLES,
            "model_version": VERSION,
            "model": MODEL,
            "baseline_model": "StableBaseline.baseline",
        },
        {"evaluation": "ModelEvaluation", "blessing": "ModelBlessing"},
    ),
    "RegistryPusher": NodeKind(
        "tfx_hallmark.pusher.component.RegistryPusher",
        {
            "model_version": VERSION,
            "model": MODEL,
            "model_blessing": "BaselineEvaluator.blessing",
            "evaluation": "BaselineEvaluator.evaluation",
            "baseline": "StableBaseline.baseline",
        },
        {"pushed_model": "PushedModel"},
    ),
}
RESOLVER = "tfx.dsl.components.common.resolver.Resolver"


# No two runs of a process have one name, whatever their pipelines.
_seconds = itertools.count()


class SyntheticRun(msgspec.Struct):
    """One run of the pipeline.

    Attributes:
        name: Its id.
        contexts: Of the pipeline and of this run.
        steps: Its executions by node id, e.g. `Trainer`.
        slots: Its artifacts by node id and output, e.g. `Trainer.model`.
        version: The version that VersionTagger gave, and its digest.
    """

    name: str
    contexts: list[int]
    steps: dict[str, Step] = msgspec.field(default_factory=dict)
    slots: dict[str, Slot] = msgspec.field(default_factory=dict)
    version: str = ""
    digest: str = ""

    def artifact(self, name: str) -> int:
        """Gives the id of an artifact, e.g. `Trainer.model`."""
        return self.slots[name].id

    def execution(self, node: str) -> int:
        """Gives the id of a node's execution."""
        return self.steps[node].id


class PenguinPipeline:
    """The penguin pipeline.

    Args:
        store: Where its runs are written.
        model: The model's name, and the pipeline's.
        root: The pipeline root.
        registry_root: What VersionTagger writes on its artifacts.
    """

    def __init__(
        self,
        store: MetadataStore,
        *,
        model: str = "penguin",
        root: str = "/data/pipeline",
        registry_root: str = "/data/registry",
    ) -> None:
        self.store, self.model, self.root, self.registry_root = store, model, root, registry_root
        self._types = Types(store)
        self._contexts: dict[tuple[str, str], int] = {}
        self._done: dict[str, dict[str, Slot]] = {}
        self._count = 0
        self._published = ("none", "")  # what is stable, and its digest

    def run(
        self,
        version: str,
        *,
        digest: str | None = None,
        outcome: str | None = "published",
        span: int = 0,
        eval_span: int | None = None,
        settings: Mapping[str, object] | None = None,
        base: SyntheticRun | None = None,
    ) -> SyntheticRun:
        """Writes a whole run.

        Args:
            version: What VersionTagger calls the model.
            digest: The version's content; made up if not given.
            outcome: `published` or `refused`; None if the pipeline ended after VersionTagger.
            span: Of the examples.
            eval_span: Of examples that only the evaluator reads; None if it reads the same ones.
            settings: Hyperparameters; the same ones on the same span come from the cache.
            base: The run whose model the Trainer starts from.
        """
        run = self.train(span=span, eval_span=eval_span, settings=settings, base=base)
        digest = digest or f"b3:{hashlib.sha256(f'{self.model}{version}'.encode()).hexdigest()}"
        self.tag(run, version, digest)
        if outcome:
            self.push(run, outcome, release=self._count)
        return run

    def runs(self, versions: list[str]) -> list[SyntheticRun]:
        """Writes many runs at once that share everything before the Trainer, for measurements."""
        runs = [self._train(settings={"number": version}) for version in versions]
        for run, version in zip(runs, versions, strict=True):
            self._tag(run, version, f"b3:{hashlib.sha256(version.encode()).hexdigest()}")
            self._push(run, "published", self._count)
        self._write(*runs)
        return runs

    def train(
        self,
        *,
        span: int = 0,
        eval_span: int | None = None,
        settings: Mapping[str, object] | None = None,
        base: SyntheticRun | None = None,
    ) -> SyntheticRun:
        """Writes a run up to the Trainer; the arguments are those of `run`."""
        run = self._train(span=span, eval_span=eval_span, settings=settings, base=base)
        self._write(run)
        return run

    def tag(self, run: SyntheticRun, version: str, digest: str, *, manifest: str = "b3:0") -> None:
        """Writes VersionTagger's part of a run."""
        self._tag(run, version, digest, manifest)
        self._write(run)

    def push(self, run: SyntheticRun, outcome: str, *, release: int | None = None) -> None:
        """Writes what comes after VersionTagger: baseline, evaluation, push."""
        self._push(run, outcome, release)
        self._write(run)

    def provenance(self, run: SyntheticRun) -> Provenance:
        """Gives what VersionTagger would put into the manifest."""
        examples, model = run.slots[EXAMPLES], run.slots[MODEL]
        config = json.loads(str(run.steps["Trainer"].properties["custom_config"]))
        span = examples.properties["span"]
        return Provenance(
            data=DataSource(
                uri=examples.uri, span=str(span), digest=f"b3:{span:064d}", schema=f"b3:{5:064d}"
            ),
            hyperparameters=config,
            run=Run(
                pipeline=self.model,
                run_id=run.name,
                orchestrator="local",
                model_uri=model.uri,
                model_id=str(model.id),
            ),
        )

    def _train(self, *, span=0, eval_span=None, settings=None, base=None) -> SyntheticRun:
        self._count += 1
        moment = datetime.datetime(2026, 11, 21, 12) + datetime.timedelta(seconds=next(_seconds))
        name = moment.isoformat()
        run = SyntheticRun(name, [self._context("pipeline", self.model), self._context("pipeline_run", name)])
        self._generate(run, "CsvExampleGen", span)
        if eval_span is not None:
            self._generate(run, "EvalExampleGen", eval_span)
        for node in ("StatisticsGen", "SchemaGen", "ExampleValidator"):
            self._add(run, node, {"exclude_splits": "[]"})
        self._add(run, "Transform", {"module_path": "penguin@wheel", "custom_config": "null"})
        extra = {}
        if base is not None:
            model = base.slots[MODEL]
            self._append(run, "latest_model", RESOLVER, {}, {}, [model], event=mlmd.Event.INTERNAL_OUTPUT)
            extra = {"base_model": model}
        config = {"learning_rate": 0.01, "hidden_units": [8], **(settings or {})}
        properties = {
            "train_args": '{"num_steps": 30}',
            "eval_args": "{}",
            "custom_config": json.dumps(config),
        }
        self._add(run, "Trainer", properties, extra=extra)
        return run

    def _generate(self, run: SyntheticRun, node: str, span: int) -> None:
        fingerprint = f"split:rows,num_files:1,total_bytes:15203,xor_checksum:{span},sum_checksum:{span}"
        properties = {"input_base": "/data/rows", "span": span, "input_fingerprint": fingerprint}
        written = {"span": span, "input_fingerprint": fingerprint, "file_format": "tfrecords_gzip"}
        self._add(run, node, properties, written={"examples": written})

    def _tag(self, run: SyntheticRun, version: str, digest: str, manifest: str = "b3:0") -> None:
        run.version, run.digest = version, digest
        properties = {"registry_root": self.registry_root, "model_name": self.model}
        identity = {
            "registry_root": self.registry_root,
            "model": self.model,
            "version": version,
            "tag": f"{self.model}_v{version}_2026_11_21",
            "digest": digest,
            "manifest": manifest,
            "bump": "minor",
            "reasons": '["learning_rate changed"]',
        }
        self._add(run, "VersionTagger", properties, written={"model_version": identity})
        # A model that was tagged before keeps its version: give other settings for another model.
        assert run.slots[VERSION].properties["version"] == version

    def _push(self, run: SyntheticRun, outcome: str, release: int | None) -> None:
        about = {"hallmark_model": self.model, "hallmark_version": run.version, "hallmark_digest": run.digest}
        stable, stable_digest = self._published
        baseline: dict[str, Value] = {"exists": int(stable != "none")}
        if baseline["exists"]:
            baseline |= {"version": stable, "digest": stable_digest, "release": "1"}
        self._add(run, "StableBaseline", {"stable": stable}, written={"baseline": baseline})
        blessing = {"blessed": int(outcome == "published"), **about}
        other = run.slots.get("EvalExampleGen.examples")
        read = {"examples": other} if other else {}
        self._add(run, "BaselineEvaluator", {"eval_config": "{}"}, written={"blessing": blessing}, extra=read)
        pushed: dict[str, Value] = {
            "pushed": int(outcome == "published"),
            "hallmark_outcome": outcome,
            **about,
        }
        if outcome == "published":
            destination = f"{self.registry_root}/{self.model}/{release}"
            pushed |= {"pushed_destination": destination, "pushed_version": str(release)}
            self._published = (run.version, run.digest)
        self._add(run, "RegistryPusher", {}, written={"pushed_model": pushed})

    def _add(
        self,
        run: SyntheticRun,
        node: str,
        properties: Mapping[str, Value],
        *,
        written: Mapping[str, Mapping[str, Value]] | None = None,
        extra: Mapping[str, Slot] | None = None,
    ) -> None:
        kind = NODES[node]
        inputs = {key: run.slots[source] for key, source in kind.inputs.items() if source in run.slots}
        inputs |= extra or {}
        known = json.dumps([node, dict(properties), {key: id(slot) for key, slot in inputs.items()}])
        cached = known in self._done
        if not cached:
            written = written or {}
            self._done[known] = {
                key: Slot(name, key, dict(written.get(key, {}))) for key, name in kind.outputs.items()
            }
        outputs = self._done[known]
        self._append(run, node, kind.type, properties, inputs, list(outputs.values()), cached=cached)
        run.slots |= {f"{node}.{key}": slot for key, slot in outputs.items()}

    def _append(
        self, run, node, type_, properties, inputs, outputs, *, cached=False, event=mlmd.Event.OUTPUT
    ):
        contexts = [*run.contexts, self._context("node", f"{self.model}.{node}")]
        run.steps[node] = Step(
            node=node,
            type=type_,
            properties=dict(properties),
            inputs=list(inputs.items()),
            outputs=outputs,
            contexts=contexts,
            cached=cached,
            event=event,
        )

    def _write(self, *runs: SyntheticRun) -> None:
        write(self.store, self._types, self.root, [s for run in runs for s in run.steps.values() if not s.id])

    def _context(self, kind: str, name: str) -> int:
        if (kind, name) not in self._contexts:
            found = self.store.get_context_by_type_and_name(kind, name)
            if found is None:
                context = mlmd.Context(type_id=self._types.context(kind), name=name)
                (self._contexts[kind, name],) = self.store.put_contexts([context])
            else:
                self._contexts[kind, name] = found.id
        return self._contexts[kind, name]
