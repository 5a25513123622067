"""Puts the text of a file on the pull or merge request of this job: one comment, which each run writes anew.

    python3 ci/comment.py output/compare/comparison.md

It takes what GitHub Actions or GitLab CI tells every job, and a token that may comment: GITHUB_TOKEN beside
PULL_REQUEST, its number, or HALLMARK_COMMENT_TOKEN. It needs nothing but Python.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = "<!-- hallmark -->"  # by this the comment is found again
MOST = 60_000  # characters; GitHub takes 65,536
PAGE = 100


class GitHub:
    """The comments of a pull request."""

    def __init__(self) -> None:
        repository = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
        self.all = f"{repository}/issues/{os.environ['PULL_REQUEST']}/comments"
        self.one = f"{repository}/issues/comments/{{id}}"
        self.change = "PATCH"
        self.headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "X-GitHub-Api-Version": "2022-11-28",
        }


class GitLab:
    """The notes of a merge request."""

    def __init__(self) -> None:
        project = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"
        self.all = f"{project}/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
        self.one = f"{self.all}/{{id}}"
        self.change = "PUT"
        self.headers = {"PRIVATE-TOKEN": os.environ["HALLMARK_COMMENT_TOKEN"]}


def comment(forge: GitHub | GitLab, text: str) -> None:
    """Write the comment, in place of the one of an earlier run."""
    if len(text) > MOST:
        text = f"{text[:MOST]}\n\nCut here; the rest is in the artifacts of the job."
    body = {"body": f"{MARK}\n{text}"}
    ours = [note["id"] for note in comments(forge) if note["body"].startswith(MARK)]
    if ours:
        ask(forge, forge.change, forge.one.format(id=ours[0]), body)
    else:
        ask(forge, "POST", forge.all, body)


def comments(forge: GitHub | GitLab) -> Iterator[dict[str, Any]]:
    """Yield every comment that there is, page by page."""
    number = 1
    while True:
        page = ask(forge, "GET", f"{forge.all}?per_page={PAGE}&page={number}")
        yield from page
        if len(page) < PAGE:
            return
        number += 1


def ask(forge: GitHub | GitLab, method: str, url: str, body: dict[str, str] | None = None) -> Any:
    """Send a request and return the answer's document."""
    data = None if body is None else json.dumps(body).encode()
    headers = {**forge.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310 - the forge's own
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:500]
        sys.exit(f"error: {method} {url} was answered {error.code}: {said}")
    except OSError as error:
        sys.exit(f"error: {method} {url} failed: {error}")


if __name__ == "__main__":
    comment(
        GitHub() if "GITHUB_ACTIONS" in os.environ else GitLab(),
        Path(sys.argv[1]).read_text(encoding="utf-8"),
    )
