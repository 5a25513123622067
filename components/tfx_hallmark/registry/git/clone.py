"""A clone of a git repository on this machine, asked and changed by git's own command.

Nothing of it waits for a person: git has no terminal and no standard input. Hooks run as ever, without these too.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import ConfigError, GitError
from tfx_hallmark.registry.redaction import redacted, without_credentials

_LOCAL, _REMOTE = 60, 600  # seconds
# They would have git work on another repository than the one that was named: git sets them for its hooks.
_ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
    "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
)  # fmt: skip
_NOT_ASKING = {
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_TELLING = ("fatal: ", "error: ", " ! ")


class FoundTag(msgspec.Struct, frozen=True):
    """A tag that there is.

    Attributes:
        commit: What it leads to; None if that is no commit.
        annotated: Whether it has a message of its own.
    """

    commit: str | None
    annotated: bool


class Clone:
    """A clone, with a working tree or bare.

    Args:
        path: The clone, or a folder in its working tree.

    Raises:
        GitError: If there is none, or git cannot be run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path = path.absolute()  # so a line tells where, whoever reads it
        if not path.is_dir():
            msg = f"{path} is no directory: give a clone of the repository by --repo DIR"
            raise GitError(msg)
        done = self._run("rev-parse", "--git-dir")
        if done.returncode and "not a git repository" in done.stderr:
            msg = f"{path} is no git repository: give a clone of the repository by --repo DIR"
            raise GitError(msg)
        self._need(done, f"git cannot read {path}")

    def commit(self, name: str) -> str | None:
        """Return the whole id of a commit by an abbreviated one, a branch, a tag or the like; None if it has none."""
        return (
            None
            if name.startswith("-")
            else self._found("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        )

    def remotes(self) -> dict[str, str]:
        """Return the addresses of its remotes, without credentials, by name."""
        listed = self._found("config", "--get-regexp", r"^remote\..*\.url$") or ""
        pairs = (line.partition(" ") for line in listed.splitlines())
        return {name[len("remote.") : -len(".url")]: without_credentials(url) for name, _, url in pairs}

    def is_shallow(self) -> bool:
        """Return whether it holds the newest part of the history alone."""
        return self._found("rev-parse", "--is-shallow-repository") == "true"

    def check_tag_name(self, name: str) -> str:
        """Return `name` if git takes it for a tag.

        Raises:
            ConfigError: If it does not.
        """
        # What begins with a dash, and HEAD, are good as parts of a reference, but not as a tag's name.
        if (
            not name.isprintable()
            or name == "HEAD"
            or name.startswith("-")
            or self._run("check-ref-format", f"refs/tags/{name}").returncode
        ):
            msg = f"git takes no tag named {name!r}: give another template by --name, such as 'v{{version}}'"
            raise ConfigError(msg)
        return name

    def check_identity(self) -> None:
        """Make sure that git knows who tags.

        Raises:
            GitError: If it does not.
        """
        if self._run("var", "GIT_COMMITTER_IDENT").returncode:
            at = shlex.quote(str(self.path))
            msg = (
                f"git does not know who tags: run 'git -C {at} config user.name NAME' and 'git -C {at} config "
                "user.email ADDRESS', or set GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL"
            )
            raise GitError(msg)

    def tag(self, name: str) -> FoundTag | None:
        """Return a tag; None if there is none of that name."""
        reference = f"refs/tags/{name}"
        known = self._found("rev-parse", "--verify", "--quiet", reference)
        if known is None:
            return None
        return FoundTag(self.commit(reference), self._found("cat-file", "-t", known) == "tag")

    def write_tag(self, name: str, commit: str, message: str) -> None:
        """Write an annotated tag; one of that name is left alone.

        Raises:
            GitError: If there is one on another commit, or git cannot write it.
        """
        options = ("--annotate", "--cleanup=whitespace", "--file=-")
        done = self._run("-c", "i18n.commitEncoding=utf-8", "tag", *options, "--", name, commit, text=message)
        if done.returncode:
            # Somebody else may have been quicker with the same one.
            found = self.tag(name)
            if found is None or found.commit != commit:
                self._need(done, f"tag {name} could not be written in {self.path}")

    def tags_on(self, remote: str) -> dict[str, str]:
        """Return what each tag on a remote leads to, by its name.

        Raises:
            GitError: If the remote cannot be asked.
        """
        done = self._run("ls-remote", "--tags", "--", remote, seconds=_REMOTE)
        self._need(done, f"{without_credentials(remote)} cannot be asked for its tags")
        found = {}
        # What an annotated tag leads to comes after it, with ^{} behind its name.
        for line in done.stdout.splitlines():
            known, _, reference = line.partition("\t")
            found[reference.removeprefix("refs/tags/").removesuffix("^{}")] = known
        return found

    def fetch_tags(self, remote: str, names: Sequence[str]) -> None:
        """Take tags over from a remote.

        Raises:
            GitError: If that fails.
        """
        done = self._run("fetch", "--no-tags", "--", remote, *_as_they_are(names), seconds=_REMOTE)
        self._need(done, f"tags cannot be fetched from {without_credentials(remote)}")

    def push_tags(self, remote: str, names: Sequence[str]) -> None:
        """Push tags, with the commits that the remote lacks.

        Raises:
            GitError: If that fails; the tags stay in the clone.
        """
        done = self._run("push", "--", remote, *_as_they_are(names), seconds=_REMOTE)
        self._need(done, f"tags are in {self.path}, but could not be pushed to {without_credentials(remote)}")

    def _found(self, *arguments: str) -> str | None:
        done = self._run(*arguments)
        return None if done.returncode else done.stdout.strip()

    def _need(self, done: "subprocess.CompletedProcess[str]", otherwise: str) -> None:
        if done.returncode:
            lines = [line for line in redacted(done.stderr).splitlines() if line.strip()]
            telling = [line for line in lines if line.startswith(_TELLING)]
            why = (telling or lines or ["git gives no reason"])[0].strip()
            msg = f"{otherwise}: {why}"
            raise GitError(msg)

    def _run(
        self, *arguments: str, text: str = "", seconds: float = _LOCAL
    ) -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
        command = ["git", "-C", str(self.path), *arguments]
        try:
            # In a session of its own there is no terminal that git, ssh or a hook could ask at.
            process = subprocess.Popen(  # noqa: S603
                command,
                env=environment | _NOT_ASKING,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            msg = f"git cannot be run: {error.strerror or error}"
            raise GitError(msg) from error
        with process:
            try:
                out, problem = process.communicate(text, timeout=seconds)
            except BaseException as error:
                # With what it started, such as ssh: nobody waits for that any more.
                os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    msg = (
                        f"git {arguments[0]} in {self.path} took longer than {seconds} seconds, and was ended"
                    )
                    raise GitError(msg) from error
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, problem)


def _as_they_are(names: Sequence[str]) -> list[str]:
    """Return what a push or fetch is told: without a plus before it, no tag is ever moved."""
    return [f"refs/tags/{name}:refs/tags/{name}" for name in names]
