"""Three versions of which the schema, the source, the packages and the uncommitted changes are stored."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.saved_models import copy_saved_model
from tfx_hallmark.registry.manifest import Code, DataSource, Environment, Provenance, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, MetricValue

SCHEMA = """feature { name: "age" type: INT presence { min_fraction: 1.0 } shape { dim { size: 1 } } }
feature { name: "island" type: BYTES domain: "islands" }
feature { name: "sex" type: BYTES }
string_domain { name: "islands" value: "Biscoe" value: "Dream" }
"""
LATER_SCHEMA = """feature { name: "age" type: FLOAT presence { min_fraction: 0.5 } shape { dim { size: 1 } } }
feature { name: "island" type: BYTES domain: "islands" }
feature { name: "mass" type: FLOAT }
string_domain { name: "islands" value: "Biscoe" value: "Torgersen" }
"""
MODULE = 'TEXT = """\n```\n"""\ndef run_fn(args):\n    units = 8\n    return units\n'
LATER_MODULE = (
    'TEXT = """\n```\n"""\ndef run_fn(args):\n    # ```wider``` | <b>\n    units = 32\n    return units'
)
BINARY_DIFF = "diff --git a/weights.npy b/weights.npy\nBinary files a/weights.npy and b/weights.npy differ\n"
PACKAGES = {"keras": "3.0", "numpy": "1.26", "left-out": "1"}
LATER_PACKAGES = {"keras": "3.1", "numpy": "1.26", "new-one": "2"}


def provenance(objects: ObjectStore, *, later: bool, span: str, units: int) -> Provenance:
    """Gives what a version was made from, and stores what is long."""
    packages: Mapping[str, str] = LATER_PACKAGES if later else PACKAGES
    schema, module = (LATER_SCHEMA, LATER_MODULE) if later else (SCHEMA, MODULE)
    return Provenance(
        data=DataSource(
            uri=f"/data/{span}",
            span=span,
            splits=("train", "eval"),
            records={"train": 120 if later else 100, "eval": 50},
            digest="b3:" + ("b" if later else "a") * 64,
            schema="b3:" + ("d" if later else "c") * 64,
            schema_text=objects.put(schema),
        ),
        code=Code(
            module="trainer.py",
            module_digest=objects.put(module),
            module_source=objects.put(module),
            commit="fedcba9876543210" if later else "0123456789abcdef",
            dirty=later,
            diff=objects.put(BINARY_DIFF) if later else None,
        ),
        hyperparameters={"units": units, "optimizer": "adam"},
        train_args={"num_steps": 300 if later else 30},
        seed=43 if later else 42,
        environment=Environment(
            python="3.11.4",
            platform="Linux",
            cpus=2,
            memory=16,
            packages={"keras": packages["keras"]},
            all_packages=objects.put(packages),
        ),
        run=Run(pipeline="penguin", run_id=f"run-{span}", model_uri="/artifacts/6"),
    )


def evaluation(model: Model, overall: float, dream: float, loss: float) -> Evaluation:
    """Gives an evaluation whose accuracy must rise overall, and whose loss must stay below 2."""
    stable = model.stable()
    evidence = Evidence(
        validation_ok=True,
        comparisons=(
            Comparison(
                metric="accuracy",
                slice=OVERALL,
                rule="change",
                absolute=0.0,
                direction="higher_is_better",
                candidate=overall,
                baseline=None if stable is None else 0.1,
            ),
            Comparison(metric="accuracy", slice="island:Dream", rule="value", lower=0.5, candidate=dream),
            Comparison(metric="loss", slice=OVERALL, rule="value", upper=2.0, candidate=loss),
        ),
        metrics=(
            MetricValue(metric="accuracy", slice=OVERALL, value=overall),
            MetricValue(metric="accuracy", slice="island:Dream", value=dream),
            MetricValue(metric="loss", slice=OVERALL, value=loss),
            MetricValue(metric="example_count", slice=OVERALL, value=50.0),
        ),
    )
    return Evaluation(blessed=1, baseline=stable, compared=stable is not None, evidence=evidence)


def store_three(model: Model, make_candidate: Callable[[int], Path], folder: Path) -> list[str]:
    """Pushes a version, another with other weights alone, and a third of which everything is another: it is refused.

    Args:
        model: The model.
        make_candidate: Makes a servable model.
        folder: Where the third may lie.
    """
    third = copy_saved_model("two_signatures", folder / "third")
    versions = []
    for candidate, later, span, units, values in (
        (make_candidate(1), False, "41", 8, (0.8, 0.7, 1.0)),
        (make_candidate(2), False, "41", 8, (0.9, 0.7, 1.2)),
        (third, True, "42", 32, (0.95, 0.6, 0.5)),
    ):
        tagged = model.tag(
            candidate,
            provenance=lambda objects, later=later, span=span, units=units: provenance(
                objects, later=later, span=span, units=units
            ),
        )
        model.push(candidate, tagged.version, evaluation(model, *values))
        versions.append(tagged.version)
    return versions
