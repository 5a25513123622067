"""A registry in which every field that a pipeline's author fills in is known."""

from collections.abc import Callable
from pathlib import Path

from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.manifest import Code, DataSource, Environment, Provenance, Run
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.savedmodel import protos
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, MetricValue, VersionAt

Say = Callable[[str], str]


def plainly(word: str) -> str:
    return word


def write_history(root: Path, candidates: Path, say: Say = plainly) -> Registry:
    """Makes the model `penguin`: 1.0.0 was stable, 1.0.1 refused, 1.0.2 is stable, 1.0.3 canary, 1.0.4 quarantined.

    Args:
        root: The registry root to make.
        candidates: Where the models lie before.
        say: Makes the text of each field from what the field is.
    """
    registry = Registry.create(root)
    model = registry.model("penguin")
    made_from = provenance(say)

    def tag(number: int) -> Path:
        candidate = _candidate(candidates / str(number), number, say)
        model.tag(
            candidate,
            provenance=lambda _: made_from,
            template=f"{{model}}_v{{version}}_{_in_template(say('tag'))}",
            actor=say("tagger"),
            description=say("description"),
            notes={say("note"): say("note-value")},
        )
        return candidate

    model.push(tag(1), "1.0.0", evaluation(say, 0.8, None), actor=say("pusher"), reason=say("push-reason"))
    first = model.stable()
    model.push(tag(2), "1.0.1", evaluation(say, 0.7, first), actor=say("pusher"))
    model.push(tag(3), "1.0.2", evaluation(say, 0.9, first), actor=say("pusher"))
    model.push_unchecked(tag(4), "1.0.3", reason=say("override"), actor=say("pusher"), label="canary")
    tag(5)
    model.quarantine("1.0.4", reason=say("quarantine"), actor=say("guard"))
    registry.model("seal").tag(candidates / "1", description=say("description"))
    return registry


def provenance(say: Say) -> Provenance:
    return Provenance(
        data=DataSource(
            uri=say("data-uri"),
            span=say("span"),
            version=say("data-version"),
            splits=(say("split"),),
            records={say("split"): 7},
            digest=say("data-digest"),
            schema=say("schema"),
            statistics=say("statistics"),
            transform_graph=say("transform"),
        ),
        code=Code(
            module=say("module"),
            module_digest=say("module-digest"),
            commit=say("commit"),
            dirty=True,
            remote=say("remote"),
        ),
        hyperparameters={
            say("hyperparameter"): say("hyperparameter-value"),
            "nested": {say("inner"): [say("deep")]},
        },
        train_args={say("train-arg"): say("train-value")},
        eval_args={say("eval-arg"): say("eval-value")},
        seed=42,
        environment=Environment(
            python=say("python"),
            platform=say("platform"),
            cpus=2,
            memory=16_000_000_000,
            accelerators=(say("accelerator"),),
            packages={say("package"): say("package-version")},
            all_packages="b3:" + "0" * 64,
        ),
        run=Run(
            pipeline=say("pipeline"),
            run_id=say("run-id"),
            orchestrator=say("orchestrator"),
            model_uri=say("model-uri"),
            model_id=say("model-id"),
        ),
    )


def evaluation(say: Say, accuracy: float, baseline: VersionAt | None) -> Evaluation:
    metric, where = say("metric"), say("slice")
    before = None if baseline is None else 0.8
    good = accuracy >= 0.8

    def compared(name: str) -> Comparison:
        return Comparison(
            metric=metric,
            slice=name,
            rule="change",
            absolute=0.0,
            direction="higher_is_better",
            candidate=accuracy,
            baseline=before,
        )

    slices = (OVERALL, where)
    evidence = Evidence(
        validation_ok=good,
        comparisons=(
            Comparison(metric=metric, slice=OVERALL, rule="value", lower=0.5, candidate=accuracy),
            *map(compared, slices),
        ),
        missing_slices=(say("missing-slice"),) if not good else (),
        failures=(say("failure"),) if not good else (),
        metrics=tuple(MetricValue(metric=metric, slice=name, value=accuracy) for name in slices),
        baseline_metrics=tuple(
            MetricValue(metric=metric, slice=name, value=before) for name in slices if before
        ),
    )
    return Evaluation(blessed=int(good), baseline=baseline, compared=baseline is not None, evidence=evidence)


def _candidate(path: Path, number: int, say: Say) -> Path:
    """Makes a servable model whose second signature, its input and its output have names of ours."""
    candidate = change_weights(copy_saved_model("linear", path), number)
    saved = protos.new("SavedModel")
    file = candidate / "saved_model.pb"
    saved.ParseFromString(file.read_bytes())
    signatures = saved.meta_graphs[0].signature_def
    other = type(signatures["serving_default"])()
    other.CopyFrom(signatures["serving_default"])
    for tensors, name in ((other.inputs, say("input")), (other.outputs, say("output"))):
        key = next(iter(tensors))
        tensors[name].CopyFrom(tensors[key])
        if name != key:
            del tensors[key]
    signatures[say("signature")].CopyFrom(other)
    file.write_bytes(saved.SerializeToString())
    return candidate


def _in_template(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
