"""Two versions of a model of which everything is known: 1.0.0 is stable, 1.1.0 was refused."""

from collections.abc import Callable
from pathlib import Path

from tfx_hallmark.registry.manifest import Code, DataSource, Environment, Provenance, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, MetricValue

HYPERPARAMETERS = {
    "optimizer": {"name": "adam", "schedule": {"rate": 0.01}},
    "a.b": 1,
    "a": {"b": 2},
    "layers": [16, 8],
    "augment": True,
    "warm_up": None,
    "empty": {},
}


def provenance(rate: float, *, keras: str = "3.0") -> Provenance:
    hyperparameters = {**HYPERPARAMETERS, "optimizer": {"name": "adam", "schedule": {"rate": rate}}}
    packages = {"keras": keras, "tensorflow": "2.21.0"}
    return Provenance(
        data=DataSource(uri="/data/1", span="7", records={"train": 100, "eval": 50}, digest="b3:12"),
        code=Code(module="trainer.py", module_digest="b3:34", commit="0123abc", dirty=True),
        hyperparameters=hyperparameters,
        train_args={"num_steps": 200},
        seed=42,
        environment=Environment(
            python="3.11.4", platform="Linux", cpus=2, memory=16, packages=packages, all_packages="b3:0"
        ),
        run=Run(pipeline="penguin", run_id="run-1", model_uri="/artifacts/6"),
    )


def evaluation(accuracy: float, *, extra: bool = False) -> Evaluation:
    values = [(OVERALL, "accuracy", accuracy), ("island:Biscoe", "accuracy", 0.7), (OVERALL, "auc", None)]
    if extra:
        values.append((OVERALL, "recall", 0.9))
    evidence = Evidence(
        validation_ok=True,
        comparisons=(
            Comparison(metric="accuracy", slice=OVERALL, rule="value", lower=0.5, candidate=accuracy),
        ),
        metrics=tuple(
            MetricValue(metric=metric, slice=where, value=value) for where, metric, value in values
        ),
    )
    return Evaluation(blessed=1, baseline=None, compared=False, evidence=evidence)


def judge_two(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Tags and pushes both; the second was not compared with what was stable."""
    model.tag(make_candidate(1), provenance=lambda _: provenance(0.01))
    model.push(make_candidate(1), "1.0.0", evaluation(0.8))
    model.tag(make_candidate(2), provenance=lambda _: provenance(0.02, keras="3.1"), notes={"ticket": "A-1"})
    model.push(make_candidate(2), "1.1.0", evaluation(0.9, extra=True))
    return model
