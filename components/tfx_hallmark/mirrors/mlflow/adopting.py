"""Takes over a registered model of MLflow: each version that is a SavedModel becomes a version here.

A version gets its identity, and what MLflow knows of it; a release, past the gate, only where a label is asked for.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import msgspec

from tfx_hallmark.answers.mlflow_adoption import TakenOver
from tfx_hallmark.answers.text import counted
from tfx_hallmark.mirrors.mlflow.client import client_of
from tfx_hallmark.mirrors.mlflow.foreign import Foreign, identity_in
from tfx_hallmark.mirrors.mlflow.place import Place
from tfx_hallmark.mirrors.mlflow.reading import ForeignModel
from tfx_hallmark.registry import numbering, tagging
from tfx_hallmark.registry.actor import check_reason, current_actor
from tfx_hallmark.registry.adoption.rehearsal import Rehearsal
from tfx_hallmark.registry.errors import ConfigError, ImportRefusedError, InvalidModelError
from tfx_hallmark.registry.event_kinds import Evaluated
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState

Told = Callable[[int, int], object]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be taken over, and what is to become of it.

    Attributes:
        model: The model's name here.
        labels: The label for what an alias, or a version's number, names in MLflow; a release is made of that.
        reason: Why the gate is passed over for those.
        dry_run: Whether nothing is to be changed.
        actor: Who does it; None for the current user and host.
    """

    model: str
    labels: Mapping[str, str] = {}
    reason: str = ""
    dry_run: bool = False
    actor: str | None = None


def adopt_registered(
    place: Place, name: str, registry: Registry, wish: Wish, *, told: Told = lambda _, __: None
) -> tuple[TakenOver, ...]:
    """Take over a registered model; what is on record already stays, so it may be done again at any time.

    Args:
        place: Where the MLflow is.
        name: The registered model.
        registry: Where it goes; its root is made if need be.
        wish: What is to become of it.
        told: Told how many versions of how many are done.

    Returns:
        All of MLflow's versions, lowest number first.

    Raises:
        MirrorError: If MLflow cannot be reached or has no such model.
        ImportRefusedError: If it would serve unasked, or a label cannot be had so.
        ConfigError: If a label is asked for what there is not, or no reason is given.
        StorageError: If the records cannot be written.
    """
    place.check()
    _check_policy(registry, wish)
    with client_of(place) as client, tempfile.TemporaryDirectory(prefix="hallmark-mlflow-") as folder:
        model = ForeignModel(client, place, name)
        found = model.versions()
        labels = _labels_of(found, model.aliases, wish)
        if not wish.dry_run:
            Registry.create(registry.root)
        return _Taking(model, registry, wish, Path(folder)).run(found, labels, told)


def _check_policy(registry: Registry, wish: Wish) -> None:
    if not wish.labels:
        return
    check_reason(wish.reason)
    if registry.settings.read().serving_policy == "latest" and set(wish.labels.values()) != {STABLE}:
        msg = (
            "under the serving policy 'latest' TF Serving serves a release as soon as it has a number: "
            "give the label stable alone, or set the policy 'labels' by 'hallmark config'"
        )
        raise ImportRefusedError(msg)


def _labels_of(found: list[Foreign], aliases: Mapping[str, int], wish: Wish) -> dict[int, str]:
    """Return the label that each of MLflow's versions is to have."""
    numbers = {str(version.number): version.number for version in found}
    labels: dict[int, str] = {}
    for which, label in wish.labels.items():
        number = aliases.get(which, numbers.get(which))
        if number is None:
            there = ", ".join(sorted(aliases)) or "none"
            msg = f"MLflow has no alias and no version {which!r} of it (its aliases: {there})"
            raise ConfigError(msg)
        if number in labels or label in labels.values():
            msg = f"{which}={label}: a version gets one label, and a label one version"
            raise ConfigError(msg)
        labels[number] = label
    return labels


class _Taking:
    """Takes over versions one after the other.

    Args:
        model: The registered model.
        registry: Where it goes.
        wish: What is to become of it.
        folder: Where files are put while they are looked at.
    """

    def __init__(self, model: ForeignModel, registry: Registry, wish: Wish, folder: Path) -> None:
        self._foreign = model
        self._wish = wish
        self._folder = folder
        self._model = registry.look_at(wish.model) if wish.dry_run else registry.model(wish.model)
        ledger = Ledger(registry.places(wish.model)[0], wish.model)
        # It stands in for the ledger: what is committed to it changes nothing on the disk.
        self._ledger = cast(Ledger, Rehearsal(ledger)) if wish.dry_run else ledger
        self._actor = wish.actor or current_actor()

    def run(self, found: list[Foreign], labels: Mapping[int, str], told: Told) -> tuple[TakenOver, ...]:
        done = []
        for count, version in enumerate(found, 1):
            done.append(self._take(version, labels.get(version.number)))
            told(count, len(found))
        for one in done:
            if one.version is not None and one.label is not None and not self._wish.dry_run:
                self._publish(one.version, self._folder / str(one.number), one.label)
        return tuple(done)

    def _take(self, version: Foreign, label: str | None) -> TakenOver:
        aliases = tuple(sorted(a for a, number in self._foreign.aliases.items() if number == version.number))
        outcome = TakenOver(number=version.number, aliases=aliases)
        known = self._known(version)
        wanted = label if known is None or not self._has(known, label) else None
        if known is None or wanted is not None:
            try:
                known_before = set(self._ledger.refresh().versions)
                state = self._tag(version)
            except InvalidModelError as error:
                if label is not None:
                    msg = f"version {version.number} cannot get the label {label}: {error}"
                    raise ImportRefusedError(msg) from error
                return msgspec.structs.replace(outcome, left_out=str(error))
            already = state.version in known_before
        else:
            state, already = known, True
        return msgspec.structs.replace(
            outcome,
            version=state.version,
            bump=state.bump,
            already=already,
            label=wanted,
            measured=self._measure(version, state),
        )

    def _known(self, version: Foreign) -> VersionState | None:
        """Return what was made of it before, which needs no download."""
        state: ModelState = self._ledger.refresh()
        for known in state.versions.values():
            notes = self._ledger.objects.get(known.manifest, Manifest).notes
            if identity_in(notes) == version.identity:
                return known
        return None

    def _has(self, known: VersionState, label: str | None) -> bool:
        return label is None or self._ledger.refresh().labels.get(label) in known.releases

    def _tag(self, version: Foreign) -> VersionState:
        path = self._foreign.fetch(version, self._folder / f"files-{version.number}")
        path.rename(self._folder / str(version.number))
        return tagging.tag(
            self._ledger,
            self._folder / str(version.number),
            model=self._wish.model,
            provenance=lambda _: version.provenance,
            golden=tagging.no_golden,
            number=numbering.Inferred(),
            template=tagging.DEFAULT_TAG,
            actor=self._actor,
            description=version.description,
            notes=version.notes,
        )

    def _measure(self, version: Foreign, state: VersionState) -> int:
        """Record its metrics, unless something was measured here; return how many there are."""
        evidence = version.evidence
        if evidence is None:
            return 0
        digest = self._ledger.objects.put(evidence)

        def decide(now: ModelState) -> Evaluated | None:
            known = now.versions[state.version]
            if known.evidence or known.verdict is not None:
                return None
            summary = f"{counted(len(evidence.metrics), 'metric')} of its run in MLflow"
            return Evaluated(
                version=known.version, evidence=digest, summary=summary, data=f"runs:/{version.run_id}"
            )

        recorded = self._ledger.commit(decide, actor=self._actor, reason=self._wish.reason)
        return 0 if recorded is None else len(evidence.metrics)

    def _publish(self, version: str, path: Path, label: str) -> None:
        known = self._model.version(version)
        if known.releases:
            msg = (
                f"{known} is release {known.releases[-1]} here already: "
                f"'hallmark promote {known} --to {label}' moves the label"
            )
            raise ImportRefusedError(msg)
        push = self._model.push_unchecked(
            path, version, reason=self._wish.reason, actor=self._actor, label=label
        )
        if not push.verdict.passed:
            raise ImportRefusedError(push.verdict.sentence)
