"""Git remotes: which of them are one repository, and where a commit of theirs can be looked at."""

import re
from urllib.parse import urlsplit

import msgspec

_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")
# A part of an address that is what it looks like, whoever wrote the record.
_SEGMENT = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*\Z")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z")
# Where ssh is let through on the port of HTTPS.
_SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


class _Place(msgspec.Struct, frozen=True):
    host: str
    port: int | None  # of its web server; None for the usual one, and where only that of ssh is known
    path: tuple[str, ...]


def commit_page(remote: str | None, commit: str | None) -> str | None:
    """Return the address of a commit's page on GitHub, GitLab or Bitbucket; None for what is none of these.

    Servers of one's own are known by a name that begins with `github.` or `gitlab.`.

    Args:
        remote: The git remote, as a URL or as `user@host:path`.
        commit: Its id, abbreviated to no less than 7 digits.
    """
    if remote is None or commit is None or not _COMMIT.match(commit):
        return None
    place = _place(remote)
    if place is None or not _HOST.match(place.host) or not all(map(_SEGMENT.match, place.path)):
        return None
    how = _form(place)
    if how is None:
        return None
    port = "" if place.port is None else f":{place.port}"
    return f"https://{place.host}{port}/{'/'.join(place.path)}/{how}/{commit}"


def same_repository(one: str, other: str) -> bool:
    """Return whether two remotes lead to one repository, by https, by ssh, with `.git` or without."""
    first, second = _place(one), _place(other)
    if first is None or second is None:
        return one.rstrip("/") == other.rstrip("/")
    # The three hosts, and most others, do not tell capital from small letters.
    return first.host == second.host and _lower(first.path) == _lower(second.path)


def _lower(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in path)


def _form(place: _Place) -> str | None:
    first, depth = place.host.partition(".")[0], len(place.path)
    if first == "github":
        return "commit" if depth == 2 else None
    if first == "gitlab":
        return "-/commit" if depth >= 2 else None
    return "commits" if place.host == "bitbucket.org" and depth == 2 else None


def _place(remote: str) -> _Place | None:
    """Read a remote; None for a path of this machine, and what cannot be read."""
    if "://" not in remote:
        # As git reads it: all before the first colon is the host, unless a slash comes before.
        before, colon, path = remote.partition(":")
        if not colon or "/" in before:
            return None
        return _made(before.rpartition("@")[2], None, path)
    try:
        parts = urlsplit(remote)
        port = parts.port if parts.scheme == "https" and parts.port != 443 else None
    except ValueError:
        return None
    return _made(parts.hostname or "", port, parts.path) if parts.scheme != "file" else None


def _made(host: str, port: int | None, path: str) -> _Place | None:
    host = host.lower()
    segments = tuple(filter(None, path.strip("/").removesuffix(".git").split("/")))
    return _Place(_SSH_HOSTS.get(host, host), port, segments) if host and segments else None
