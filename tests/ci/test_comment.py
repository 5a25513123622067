"""`ci/comment.py` of a scaffolded project: one comment on a pull or merge request, however often it runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ci.forge import GITHUB, GITLAB, TOKEN, Forge
from tests.ci.jobs import SKELETON, Ran, Step, run

WRITTEN = "<!-- hallmark -->\n"


@pytest.fixture(params=[GITHUB, GITLAB], ids=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    with Forge(request.param).listening() as forge:
        yield forge


@pytest.fixture
def comment(forge: Forge, tmp_path: Path) -> Callable[..., Ran]:
    """Runs it with a text; gives how that went."""

    def runs(text: str, **more: str) -> Ran:
        file = tmp_path / "comparison.md"
        file.write_text(text, encoding="utf-8")
        token = "GITHUB_TOKEN" if forge.kind is GITHUB else "HALLMARK_COMMENT_TOKEN"
        environment = {**forge.environment, "PULL_REQUEST": "7", token: TOKEN, **more}
        return run([Step(f"python3 '{SKELETON}/ci/comment.py' '{file}'", {})], tmp_path, environment)

    return runs


def test_the_first_run_comments_and_each_later_one_writes_that_comment_anew(forge, comment):
    forge.add("looks good to me")
    assert comment("### passed ✅\n") == Ran(0, "", "")
    assert [note["body"] for note in forge.comments] == ["looks good to me", f"{WRITTEN}### passed ✅\n"]
    forge.add("merge it")
    assert comment("### failed\n").code == 0
    bodies = [note["body"] for note in forge.comments]
    assert bodies == ["looks good to me", f"{WRITTEN}### failed\n", "merge it"]


@pytest.mark.parametrize("others", [99, 100, 250])
def test_its_comment_is_found_behind_pages_of_others(forge, comment, others):
    for number in range(others):
        forge.add(f"comment {number}, of <!-- hallmark --> it speaks")
    assert comment("first").code == 0
    assert comment("second").code == 0
    assert [note["body"] for note in forge.comments[others:]] == [f"{WRITTEN}second"]


def test_a_text_that_is_too_long_for_the_forge_is_cut_and_says_so(forge, comment):
    assert comment("x" * 100_000).code == 0
    [note] = forge.comments
    assert len(note["body"]) < 65_536
    assert note["body"].endswith("x\n\nCut here; the rest is in the artifacts of the job.")


def test_a_forge_that_refuses_is_one_line_and_fails_the_job(forge, comment):
    wrong = {"GITHUB_TOKEN": "other", "HALLMARK_COMMENT_TOKEN": "other"}
    done = comment("text", **wrong)
    assert done.code == 1
    assert done.printed.startswith("error: GET http://127.0.0.1:")
    assert done.printed.endswith(' was answered 401: {"message": "Bad credentials"}\n')
    assert done.printed.count("\n") == 1
    assert forge.comments == []


def test_a_forge_that_is_not_there_is_one_line_too(comment):
    nowhere = "http://127.0.0.1:0"  # no port
    done = comment("text", GITHUB_API_URL=nowhere, CI_API_V4_URL=nowhere)
    assert done.code == 1
    assert done.printed.startswith(f"error: GET {nowhere}/")
    assert done.printed.count("\n") == 1
