"""Where a commit can be looked at, by the remote that is on record; which remotes are one repository."""

import pytest

from tfx_hallmark.registry.git.hosting import commit_page, same_repository

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/ice/penguin.git", "https://github.com/ice/penguin/commit/"),
        ("https://github.com/ice/penguin/", "https://github.com/ice/penguin/commit/"),
        ("git@github.com:ice/penguin.git", "https://github.com/ice/penguin/commit/"),
        ("ssh://git@ssh.github.com:443/ice/penguin.git", "https://github.com/ice/penguin/commit/"),
        ("git://github.com/ice/.github", "https://github.com/ice/.github/commit/"),
        ("https://gitlab.com/ice/south/penguin.git", "https://gitlab.com/ice/south/penguin/-/commit/"),
        ("git@gitlab.example.org:ice/penguin", "https://gitlab.example.org/ice/penguin/-/commit/"),
        (
            "https://gitlab.example.org:8443/ice/penguin",
            "https://gitlab.example.org:8443/ice/penguin/-/commit/",
        ),
        ("ssh://git@gitlab.example.org:2222/ice/penguin", "https://gitlab.example.org/ice/penguin/-/commit/"),
        ("https://github.example.org/ice/penguin", "https://github.example.org/ice/penguin/commit/"),
        ("git@bitbucket.org:ice/penguin.git", "https://bitbucket.org/ice/penguin/commits/"),
    ],
)
def test_the_page_of_a_commit(remote: str, page: str) -> None:
    assert commit_page(remote, SHA) == page + SHA
    assert commit_page(remote, "0123abc") == f"{page}0123abc"


@pytest.mark.parametrize(
    "remote",
    [
        None,
        "",
        "/srv/git/penguin.git",
        "file:///srv/git/penguin.git",
        "https://example.org/ice/penguin.git",
        "https://notgithub.com/ice/penguin",
        "https://github.com/ice",
        "https://github.com/ice/penguin/tree/main",
        "https://github.com/../penguin",
        "https://github.com/ice/pen%2fguin",
        'https://github.com/ice/penguin"onclick="alert(1)',
        "https://github.com/ice/pen guin",
        "https://github.com/ice/penguin)",
        "javascript://github.com/%0aalert(1)/penguin",
        "https://github.com:port/ice/penguin",
        "https://[github.com/ice/penguin",
        "https://github.\u202ecom/ice/penguin",
    ],
)
def test_what_is_no_address_of_theirs_has_no_page(remote: str | None) -> None:
    assert commit_page(remote, SHA) is None


@pytest.mark.parametrize("commit", [None, "", "012345", "main", f"{SHA}\n", f"{SHA}?x", "0123ABCD"])
def test_what_is_no_commit_has_no_page(commit: str | None) -> None:
    assert commit_page("https://github.com/ice/penguin", commit) is None


def test_remotes_of_one_repository() -> None:
    ways = [
        "https://github.com/ice/penguin.git",
        "git@github.com:Ice/penguin",
        "ssh://git@GitHub.com/ice/penguin/",
    ]
    assert all(same_repository(one, other) for one in ways for other in ways)
    others = ["https://github.com/ice/seals", "https://gitlab.com/ice/penguin", "/srv/git/penguin.git", ""]
    assert not any(same_repository(one, other) for one in ways for other in others)
    assert same_repository("/srv/git/penguin.git", "/srv/git/penguin.git/")
    assert not same_repository("/srv/git/penguin.git", "/srv/git/seals.git")
