"""The plan of a reproduction: of each thing that a training needs, whether it is there, another one or missing."""

from typing import Any

import msgspec
import pytest

from tfx_hallmark.registry.manifest import Code, DataSource, Environment, InputArtifact, Manifest, Provenance
from tfx_hallmark.registry.reproduction import PlanItem
from tfx_hallmark.reproduction.findings import FoundInput, FoundModule
from tfx_hallmark.reproduction.planning import plan
from tfx_hallmark.reproduction.recipe import Recipe, moved
from tfx_hallmark.reproduction.surroundings import Surroundings

HERE = Surroundings(
    python="3.11.4",
    platform="Linux x86_64",
    cpus=2,
    packages={"tfx": "1.16.0", "tensorflow": "2.21.0", "idna": "3"},
)
PROVENANCE = Provenance(
    data=DataSource(uri="/data/1", splits=("train", "eval"), span="7"),
    code=Code(module="trainer.py", module_digest="b3:" + "1" * 64, commit="0123abcdef0123", dirty=False),
    seed=42,
    environment=Environment(
        python="3.11.4",
        platform="Linux x86_64",
        cpus=2,
        memory=16_000_000_000,
        packages={"tensorflow": "2.21.0"},
        all_packages="b3:" + "0" * 64,
    ),
)
RECIPE = Recipe(
    inputs={"examples": InputArtifact(uri="/data/1", digest="b3:" + "a" * 64)}, train_args={"num_steps": 9}
)
FOUND = {"examples": FoundInput(uris=("/data/1",), there=True, digest="b3:" + "a" * 64)}
MODULE = FoundModule(source="def run_fn(args): ...", origin="registry")


def planned(
    provenance: Provenance = PROVENANCE, recipe: Recipe = RECIPE, **given: Any
) -> dict[str, PlanItem]:
    manifest = msgspec.structs.replace(a_manifest(), provenance=provenance)
    known = {"inputs": FOUND, "module": MODULE, "here": HERE, "packages": {}, "transform": False, **given}
    return {item.name: item for item in plan(manifest, recipe, **known)}


def a_manifest() -> Manifest:
    """A manifest of which the plan reads nothing but where it came from."""
    names = {field.name for field in msgspec.structs.fields(Manifest) if field.required}
    return Manifest(**dict.fromkeys(names))  # type: ignore[arg-type]


def test_where_all_is_as_it_was_nothing_blocks() -> None:
    items = planned()
    assert not any(item.blocks for item in items.values())
    assert {
        items[name].standing for name in ("examples", "module", "arguments", "seed", "git", "python")
    } == {"there"}


@pytest.mark.parametrize(
    ("found", "standing"),
    [
        ({}, "missing"),
        ({"examples": FoundInput(uris=("/data/1",), there=False)}, "missing"),
        ({"examples": FoundInput(uris=("/data/1",), there=True, digest="b3:" + "b" * 64)}, "differs"),
        ({"examples": FoundInput(uris=("/data/1",), there=True)}, "unknown"),
    ],
)
def test_examples_are_held_against_their_digest(found: dict[str, FoundInput], standing: str) -> None:
    item = planned(inputs=found)["examples"]
    assert item.standing == standing
    assert item.blocks is (standing == "missing")
    if item.blocks:
        assert "--input examples=DIR" in item.note


def test_a_training_of_which_nothing_is_on_record_cannot_be_repeated() -> None:
    items = planned(recipe=Recipe())
    assert {name for name, item in items.items() if item.blocks} == {"examples", "arguments"}
    assert "--examples DIR" in items["examples"].note
    assert "--metadata STORE" in items["arguments"].note


def test_without_a_module_source_there_is_nothing_to_run() -> None:
    item = planned(module=FoundModule())["module"]
    assert item.blocks
    assert "--module FILE" in item.note


def test_a_module_file_that_is_another_one_differs() -> None:
    module = FoundModule(source="...", origin="file", file="/src/trainer.py", same=False)
    assert planned(module=module)["module"].standing == "differs"


def test_without_tfx_nothing_is_trained() -> None:
    here = msgspec.structs.replace(HERE, packages={"tensorflow": "2.21.0"})
    item = planned(here=here)["TFX"]
    assert item.blocks
    assert "tfx-hallmark[tfx]" in item.note


def test_another_environment_differs_and_blocks_nothing() -> None:
    here = msgspec.structs.replace(
        HERE, python="3.10.1", cpus=64, packages={"tfx": "1.16.0", "tensorflow": "2.20.0", "idna": "4"}
    )
    items = planned(here=here, packages={"idna": "3", "tensorflow": "2.21.0"})
    for name in ("python", "cores", "package tensorflow", "other packages"):
        assert items[name].standing == "differs", name
    assert (items["package tensorflow"].recorded, items["package tensorflow"].found) == ("2.21.0", "2.20.0")
    assert "idna 3 -> 4" in items["other packages"].note
    assert not any(item.blocks for item in items.values())


def test_a_lost_list_of_packages_is_missing_and_blocks_nothing() -> None:
    items = planned(packages=None)
    assert (items["other packages"].standing, items["other packages"].recorded) == (
        "missing",
        "b3:000000000000…",
    )
    assert not any(item.blocks for item in items.values())
    nothing = msgspec.structs.replace(PROVENANCE, environment=None)
    assert "other packages" not in planned(nothing, packages=None)


def test_a_missing_seed_and_unstored_changes_are_told() -> None:
    code = Code(module="trainer.py", commit="0123abc", dirty=True)
    items = planned(msgspec.structs.replace(PROVENANCE, seed=None, code=code))
    assert items["seed"].standing == "unknown"
    assert items["git"].standing == "missing"
    assert not items["git"].blocks


def test_transform_needs_what_transform_read() -> None:
    items = planned(transform=True)
    assert {"raw_examples", "transform", "schema"} <= {name for name, item in items.items() if item.blocks}
    assert "examples" not in items  # Transform makes them anew


def test_inputs_that_were_moved_keep_their_digest() -> None:
    recipe = moved(RECIPE, {"examples": "/archive/1", "schema": "/archive/schema"})
    assert (recipe.inputs["examples"].uri, recipe.inputs["examples"].digest) == (
        "/archive/1",
        "b3:" + "a" * 64,
    )
    assert recipe.inputs["schema"].digest is None
