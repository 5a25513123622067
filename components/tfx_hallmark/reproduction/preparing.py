"""Brings together what a version is to be trained from a second time, and holds it against what is on record."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry.errors import ConfigError, DigestMismatchError, NotFoundError, ReproductionError
from tfx_hallmark.registry.reproduction import PlanItem
from tfx_hallmark.registry.version import Version
from tfx_hallmark.reproduction.findings import FoundInput, FoundModule
from tfx_hallmark.reproduction.looking import look_at, look_for_module, needed
from tfx_hallmark.reproduction.planning import plan
from tfx_hallmark.reproduction.recipe import NAMES, Recipe, completed, moved, recipe_of
from tfx_hallmark.reproduction.surroundings import surroundings

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """All that a training needs, as far as it is here.

    Attributes:
        version: The version.
        recipe: What its Trainer was given, with the places where that lies now.
        inputs: What was found there, by input.
        module: Where its code comes from.
        plan: Each thing with how it stands.
        transform: Whether Transform runs again.
    """

    version: Version
    recipe: Recipe
    inputs: Mapping[str, FoundInput]
    module: FoundModule
    plan: tuple[PlanItem, ...]
    transform: bool

    @property
    def lacking(self) -> tuple[PlanItem, ...]:
        """What is missing, so that nothing can be trained."""
        return tuple(item for item in self.plan if item.blocks)

    def check(self) -> None:
        """Make sure that nothing is lacking.

        Raises:
            ReproductionError: If something is.
        """
        if self.lacking:
            first = self.lacking[0]
            more = f", and {len(self.lacking) - 1} more" if len(self.lacking) > 1 else ""
            where = f" from {first.recorded}" if first.recorded else ""
            msg = (
                f"{self.version} cannot be trained again: {first.name} is missing{where}{more}: {first.note}"
            )
            raise ReproductionError(msg)


def untold(_: str) -> None:
    """Take no notice of what begins."""


def prepare(
    version: Version,
    *,
    connection: "Connection | None" = None,
    places: Mapping[str, str] | None = None,
    module: Path | None = None,
    transform: bool = False,
    begins: Callable[[str], None] = untold,
) -> Prepared:
    """Find out what there is to train a version from; nothing is trained, and nothing changed.

    Args:
        version: The version.
        connection: ML Metadata that its pipeline recorded to; needed for versions whose manifest does not name the
            Trainer's inputs.
        places: Where inputs lie now, if no longer where they lay, by input: `examples`, `schema`, ...
        module: The module's source, where that is not stored.
        transform: Whether Transform is to run again.
        begins: Told what is being looked at.

    Raises:
        ConfigError: If an input is unknown.
        NotFoundError: If the metadata store does not know the version's training, or there is no such module.
        MetadataError: If that store fails.
        HallmarkError: If an input's file system cannot be asked.
    """
    for name in places or {}:
        if name not in NAMES:
            msg = f"a Trainer has no input {name!r}: it is one of {', '.join(NAMES)}"
            raise ConfigError(msg)
    recipe = recipe_of(version.manifest)
    if connection is not None:
        from tfx_hallmark.reproduction.recorded_training import recorded_training

        begins("reading ML Metadata")
        told = recorded_training(version, connection)
        recipe = completed(recipe, told, version.manifest.provenance.data)
    recipe = moved(recipe, places or {})
    found: dict[str, FoundInput] = {}
    for name, artifact in needed(recipe, transform=transform).items():
        begins(f"reading {name.replace('_', ' ')}")
        found[name] = look_at(name, artifact)
    code = look_for_module(version, recipe, module)
    made = plan(
        version.manifest,
        recipe,
        inputs=found,
        module=code,
        here=surroundings(),
        packages=_packages(version),
        transform=transform,
    )
    return Prepared(version=version, recipe=recipe, inputs=found, module=code, plan=made, transform=transform)


def _packages(version: Version) -> Mapping[str, str] | None:
    # That list bears on little: the plan says that it is lost, and all else can be looked at.
    with contextlib.suppress(NotFoundError, DigestMismatchError):
        return version.packages
    return None
