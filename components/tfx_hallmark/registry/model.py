"""One model of a registry: its versions, its releases, its history; tagging and pushing."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry import gates, numbering, tagging
from tfx_hallmark.registry.actor import check_reason, current_actor
from tfx_hallmark.registry.admission import Admission
from tfx_hallmark.registry.errors import ForeignEntryError, HallmarkError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import check_label
from tfx_hallmark.registry.operated_model import OperatedModel
from tfx_hallmark.registry.publisher import Publisher, Push
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.settling import settle
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState
from tfx_hallmark.registry.verdict import Evaluation
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from tfx_hallmark.registry.gating.result import GateResult
    from tfx_hallmark.registry.gating.rules import GateRules
    from tfx_hallmark.registry.git.tagging import GitTag


class Model(OperatedModel):
    """One model of a registry; get it from `Registry.model`, or to change nothing at all, `Registry.look_at`.

    What its log says comes from `LoggedModel`, what can be put on record from `NotedModel`, where its releases lie
    and whether they are whole from `ReleasedModel`, and what can be done to its published versions from
    `OperatedModel`.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        settings: Gives what holds in the root.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Callable[[], Settings]) -> None:
        super().__init__(ledger, directories, settings)
        ledger.refresh()

    def finish(self) -> None:
        """Finish whatever a crashed process left half-done, as far as this one may."""
        # Readers are not held up by what lies in a release's place; every push says so.
        with contextlib.suppress(ForeignEntryError):
            settle(self._directories, self._ledger)
        with contextlib.suppress(HallmarkError):
            self.serving.finish_others()

    def versions(self, state: ModelState | None = None) -> list[Version]:
        """Return every version ever tagged or adopted, oldest first; of a state of the past, if one is given."""
        return [self._version(one) for one in (state or self.state).versions.values()]

    def search(
        self, where: str = "", *, sort: str | Sequence[str] = (), limit: int | None = None
    ) -> list[Version]:
        """Return the versions for which a condition holds; see `search.search.search`."""
        from tfx_hallmark.registry.search.search import search

        return search(self, where, sort=sort, limit=limit)

    def tag_git(
        self,
        which: str | None,
        repo: Path,
        *,
        name: str = tagging.DEFAULT_GIT_TAG,
        push: str | None = None,
        allow_dirty: bool = False,
        dry_run: bool = False,
    ) -> "tuple[GitTag, ...]":
        """Tag the commit a version was trained from, or each published version's for None; see `git.tagging`."""
        from tfx_hallmark.registry.git.tagging import HowToTag, tag_commit, tag_commits

        how = HowToTag(name=name, push=push, allow_dirty=allow_dirty, dry_run=dry_run)
        if which is not None:
            return (tag_commit(self.version(which), repo, how),)
        return tag_commits([version for version in self.versions() if version.releases], repo, how)

    def version(self, which: str) -> Version:
        """Look up one version.

        Args:
            which: What stands after the `@` of a reference: `1.2.0`, `7` (release), `stable`, another
                label, `latest`, or `b3:ab12…` (digest or its beginning).

        Raises:
            InvalidNameError: If `which` is none of these.
            NotFoundError: If there is no such version, or a digest's beginning fits several.
        """
        return self._version(self._found(which))

    def gate(
        self,
        which: str,
        against: str | None = STABLE,
        *,
        rules: "GateRules | None" = None,
        on: str | None = None,
        allow_other_data: bool = False,
    ) -> "GateResult":
        """Decide from what is on record whether a version is better than another; nothing is changed.

        Args:
            which: What stands after the `@` of a reference.
            against: The same of the other one, or None for its values alone, as where nothing is stable.
            rules: What to hold it to; by default the thresholds that its own evaluation was judged by.
            on: Go by the evaluations on this further data that are on record.
            allow_other_data: Whether numbers that were measured on different data may be compared.

        Raises:
            NotFoundError: If there is no such version, or a record of it is missing.
            NotComparableError: If the other is of another model.
        """
        from tfx_hallmark.registry.gating.gating import gate

        return gate(self, which, against, rules=rules, on=on, allow_other_data=allow_other_data)

    def tag(
        self,
        candidate: Path,
        *,
        provenance: tagging.Provenancer = tagging.unknown_provenance,
        golden: tagging.Keeper = tagging.no_golden,
        number: numbering.Number | None = None,
        template: str = tagging.DEFAULT_TAG,
        actor: str | None = None,
        description: str = "",
        notes: Mapping[str, str] | None = None,
    ) -> Version:
        """Give a candidate its identity, or find the one that its content already has.

        Args:
            candidate: The SavedModel.
            provenance: Collects what it was made from, storing what is long; called only for new content.
            golden: Asks it for golden predictions and stores them; called only for new content.
            number: Chooses the version: `numbering.AtLevel(…)`, `numbering.Exactly(…)`; by default inferred.
            template: Template of the tag text, with the fields `model`, `version` and `date`.
            actor: Who tags; by default the current user and host.
            description: Free text.
            notes: Key-value notes.

        Raises:
            InvalidModelError: If the directory is not a servable SavedModel.
            VersionExistsError: If an explicit version is taken.
            ConfigError: If the template cannot be used.
        """
        state = tagging.tag(
            self._ledger,
            candidate,
            model=self.name,
            provenance=provenance,
            golden=golden,
            number=number or numbering.Inferred(),
            template=template,
            actor=actor or current_actor(),
            description=description,
            notes=notes or {},
        )
        return self._version(state)

    def push(
        self,
        candidate: Path,
        version: str,
        evaluation: Evaluation,
        *,
        actor: str | None = None,
        reason: str = "",
        label: str = STABLE,
        signing_key: Path | None = None,
    ) -> Push:
        """Publish a tagged candidate if its evaluation beats what is stable; else record why not.

        Args:
            candidate: The SavedModel that was tagged and evaluated.
            version: Its semantic version.
            evaluation: What the pipeline found out.
            actor: Who pushes; by default the current user and host.
            reason: On whose behalf.
            label: The label that moves to the release.
            signing_key: PEM file of the key that signs it before it is published; None to sign nothing.

        Raises:
            NotFoundError: If the version was never tagged.
            DigestMismatchError: If the candidate's bytes are not the tagged ones.
            ForeignEntryError: If something else lies in the base path.
            SignatureError: If the root requires signatures, and it has no good one.
            SigningKeyError: If the key cannot sign.
            StorageError: If the disk is full or may not be written.
        """
        gate = gates.BeatsStable(evaluation)
        return self._publish(candidate, version, gate, label, actor, reason, signing_key)

    def push_unchecked(
        self,
        candidate: Path,
        version: str,
        *,
        reason: str,
        actor: str | None = None,
        label: str = STABLE,
        signing_key: Path | None = None,
    ) -> Push:
        """Publish a tagged candidate past the gate; the override and its reason stay on record.

        Args:
            candidate: The SavedModel that was tagged.
            version: Its semantic version.
            reason: Why the gate is passed over.
            actor: Who pushes; by default the current user and host.
            label: The label that moves to the release.
            signing_key: PEM file of the key that signs it.

        Raises:
            ConfigError: If no reason is given.
            HallmarkError: Otherwise as `push` does.
        """
        check_reason(reason)
        return self._publish(candidate, version, gates.PassedOver(reason), label, actor, reason, signing_key)

    def _publish(
        self,
        candidate: Path,
        version: str,
        gate: gates.Gate,
        label: str,
        actor: str | None,
        reason: str,
        signing_key: Path | None,
    ) -> Push:
        admission = Admission(self._ledger, self._directories, self._settings, signing_key)
        publisher = Publisher(self._ledger, self._directories, admission)
        labels = (check_label(label),)
        self.serving.check()
        push = publisher.publish(
            candidate, version, gate, labels=labels, actor=actor or current_actor(), reason=reason
        )
        following = self.serving.follow_after(f"release {push.release}") if push.verdict.passed else None
        return msgspec.structs.replace(push, serving=following)

    def _version(self, state: VersionState) -> Version:
        return Version(self._ledger, self._directories, state)
