"""Tags the commits that versions were trained from. Git keeps the tags; the registry's log has nothing of it."""

import datetime
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from tfx_hallmark.registry.errors import ConfigError, GitError, HallmarkError
from tfx_hallmark.registry.git.clone import Clone
from tfx_hallmark.registry.git.hosting import same_repository
from tfx_hallmark.registry.git.message import message_of
from tfx_hallmark.registry.manifest import Code
from tfx_hallmark.registry.redaction import without_credentials
from tfx_hallmark.registry.tagging import DEFAULT_GIT_TAG, format_tag
from tfx_hallmark.registry.time_travel import parse_time
from tfx_hallmark.registry.version import Version

SHORT = 12  # digits that people are shown of a commit
_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")

Outcome = Literal["written", "there", "left_out", "failed"]


class LeftOutError(GitError):
    """A version that has no commit which a tag could stand on for all of it."""


class GitTag(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the tag of one version, or would become of it.

    Attributes:
        version: Semantic version.
        tag: The tag's name.
        commit: The commit that it was trained from; empty if that is not known.
        outcome: `written`, `there` before, `left_out` for want of a clean commit on record, or `failed`.
        pushed: Whether the remote got it now; null if nothing was to be pushed.
        sentence: The same in a sentence.
        notes: What a reader should know besides.
        message: The message that a new tag has; empty for any other.
    """

    version: str
    tag: str
    commit: str
    outcome: Outcome
    pushed: bool | None = None
    sentence: str
    notes: tuple[str, ...] = ()
    message: str = ""


class HowToTag(msgspec.Struct, frozen=True, kw_only=True):
    """How commits are tagged.

    Attributes:
        name: Template of the tag's name, with the fields `model`, `version` and `date` (of the version).
        push: The remote that gets the tags too; None for none.
        allow_dirty: Whether a commit is tagged that does not hold all of the code.
        dry_run: Whether to say only what would be done; the remote is asked all the same.
    """

    name: str = DEFAULT_GIT_TAG
    push: str | None = None
    allow_dirty: bool = False
    dry_run: bool = False


def tag_commit(version: Version, repo: Path, how: HowToTag) -> GitTag:
    """Tag the commit that a version was trained from; that it is tagged so already is as good.

    Args:
        version: The version.
        repo: A clone of the repository that has the commit.
        how: How.

    Raises:
        GitError: If it cannot be tagged: no commit on record, one that the clone does not have, uncommitted changes,
            another commit under that name, a remote that does not take it.
        ConfigError: If the name cannot be used.
        NotFoundError: If a record of the version is missing.
    """
    job = _Job(Clone(repo), how)
    return job.done([job.plan(version)])[0]


def tag_commits(versions: Sequence[Version], repo: Path, how: HowToTag) -> tuple[GitTag, ...]:
    """Tag the commits of several versions; one that cannot be tagged keeps none of the others from it.

    Raises:
        GitError: If the clone cannot be read or written, or the remote asked; then tags may be left to push.
        ConfigError: If the template gives different versions one name.
    """
    when = datetime.datetime.now(datetime.timezone.utc)
    if len({format_tag(how.name, model="m", version=one, when=when) for one in ("0.0.1", "0.0.2")}) == 1:
        msg = f"{how.name!r} would give every version the same tag: write {{version}} into it"
        raise ConfigError(msg)
    job = _Job(Clone(repo), how)
    planned: list[_Plan | GitTag] = []
    for version in versions:
        try:
            planned.append(job.plan(version))
        except HallmarkError as error:
            outcome: Outcome = "left_out" if isinstance(error, LeftOutError) else "failed"
            planned.append(
                GitTag(version=version.version, tag="", commit="", outcome=outcome, sentence=str(error))
            )
    done = iter(job.done([one for one in planned if isinstance(one, _Plan)]))
    return tuple(one if isinstance(one, GitTag) else next(done) for one in planned)


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    tag: str
    commit: str
    here: bool  # whether the clone has the tag
    there: bool | None  # whether the remote has it; None if there is none to ask
    notes: tuple[str, ...]
    message: str


class _Job:
    def __init__(self, clone: Clone, how: HowToTag) -> None:
        self._clone = clone
        self._how = how
        self._remotes = clone.remotes()
        self._on_remote = {} if how.push is None else clone.tags_on(how.push)

    def plan(self, version: Version) -> _Plan:
        """Find out what is to be done for a version."""
        code = version.manifest.provenance.code
        recorded = None if code is None else code.commit
        if code is None or not recorded:
            msg = f"{version} has no git commit on record"
            raise LeftOutError(msg)
        if code.dirty and not self._how.allow_dirty:
            msg = (
                f"{version} was trained with changes that are not in commit {recorded[:SHORT]}: "
                "--allow-dirty tags that commit all the same, and says so in the tag"
            )
            raise LeftOutError(msg)
        commit = self._commit(version, recorded, code.remote)
        when = datetime.datetime.fromisoformat(parse_time(version.manifest.created).replace("Z", "+00:00"))
        name = format_tag(self._how.name, model=version.model, version=version.version, when=when)
        self._clone.check_tag_name(name)
        found = self._clone.tag(name)
        if found is not None and found.commit != commit:
            raise _elsewhere(name, "", found.commit, commit, version)
        there = self._on_remote.get(name)
        if there not in (None, commit):
            raise _elsewhere(name, f" on {self._remote}", there, commit, version)
        notes = list(self._remarks(code))
        if found is not None and not found.annotated:
            notes.append(f"{name} is a tag without a message, and is left as it is")
        return _Plan(
            version=version.version,
            tag=name,
            commit=commit,
            here=found is not None,
            there=None if self._how.push is None else there is not None,
            notes=tuple(notes),
            message="" if found is not None or there is not None else message_of(version),
        )

    def done(self, plans: Sequence[_Plan]) -> list[GitTag]:
        """Do what was planned, unless it is only to be said; tell of it."""
        new = [plan for plan in plans if not plan.here and not plan.there]
        if new:
            self._clone.check_identity()
        if not self._how.dry_run:
            # One of another make under the same name would stand in the way of every later fetch.
            fetched = [plan.tag for plan in plans if not plan.here and plan.there]
            if fetched and self._how.push is not None:
                self._clone.fetch_tags(self._how.push, fetched)
            for plan in new:
                self._clone.write_tag(plan.tag, plan.commit, plan.message)
            pushed = [plan.tag for plan in plans if plan.there is False]
            if pushed and self._how.push is not None:
                self._clone.push_tags(self._how.push, pushed)
        return [self._told(plan) for plan in plans]

    @property
    def _remote(self) -> str:
        return without_credentials(self._how.push or "")

    def _told(self, plan: _Plan) -> GitTag:
        new, would = not plan.here and not plan.there, "would be " if self._how.dry_run else ""
        if new:
            told = f"{would}written on commit {plan.commit[:SHORT]}"
        elif plan.here:
            told = f"is on commit {plan.commit[:SHORT]} already"
        else:
            told = (
                f"is on commit {plan.commit[:SHORT]} of {self._remote} already, and {would or 'was '}fetched"
            )
        if plan.there is not None and not (plan.there and not plan.here):
            told += f"; {self._remote} has it too" if plan.there else f"; {would}pushed to {self._remote}"
        return GitTag(
            version=plan.version,
            tag=plan.tag,
            commit=plan.commit,
            outcome="written" if new else "there",
            pushed=None if plan.there is None else not plan.there,
            sentence=f"tag {plan.tag} {told}",
            notes=plan.notes,
            message=plan.message,
        )

    def _commit(self, version: Version, recorded: str, remote: str | None) -> str:
        if not _COMMIT.match(recorded):
            msg = f"what is on record as the commit of {version} is none: {recorded!r}"
            raise GitError(msg)
        found = self._clone.commit(recorded)
        # A branch may have a name that reads as the beginning of a commit.
        if found is not None and found.startswith(recorded):
            return found
        at, path = shlex.quote(str(self._clone.path)), self._clone.path
        gone = f"commit {recorded[:SHORT]} of {version} is not in {path}"
        known = [
            name for name, url in self._remotes.items() if remote is not None and same_repository(url, remote)
        ]
        if remote is not None and not known:
            msg = (
                f"{gone}, which is no clone of {without_credentials(remote)}: give one of that by --repo DIR"
            )
        elif self._clone.is_shallow():
            msg = f"{gone}, a shallow clone: run 'git -C {at} fetch --unshallow' first"
        elif known:
            msg = f"{gone}: run 'git -C {at} fetch {shlex.quote(known[0])} {recorded}' first"
        else:
            msg = f"{gone}: fetch it from where it was pushed to, or give another clone by --repo DIR"
        raise GitError(msg)

    def _remarks(self, code: Code) -> Sequence[str]:
        remote = code.remote
        if remote is None or any(same_repository(url, remote) for url in self._remotes.values()):
            return ()
        trained = f"it was trained in a clone of {without_credentials(remote)}"
        others = ", ".join(self._remotes.values())
        return (
            f"{trained}, and this is one of {others}" if others else f"{trained}, and this one has no remote",
        )


def _elsewhere(name: str, where: str, other: str | None, commit: str, version: Version) -> GitError:
    stands = "names no commit" if other is None else f"is on commit {other[:SHORT]}"
    return GitError(
        f"tag {name}{where} {stands}, not on {commit[:SHORT]}, which {version} was trained from; "
        "no tag is ever moved: give another name by --name"
    )
