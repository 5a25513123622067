"""The workflow files of a scaffolded project, before anybody runs them: what strict checkers say of them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.jobs import GITLAB, SKELETON, WORKFLOWS
from tests.prepared import ROOT, prepared

NAMES = [path.stem for path in WORKFLOWS]
COMPARE = SKELETON / "ci" / "compare.sh"


def checked(*command: str | Path) -> str:
    """Runs a checker of this environment; gives what it printed if it found something."""
    program = Path(sys.executable).with_name(str(command[0]))
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def workflow(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["on"] = document.pop(True)  # YAML 1.1 reads the key `on` as a truth value
    return document


def jobs(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(workflow(path)["jobs"].values())
    return found


def scripts() -> list[Any]:
    """Every text that a shell is given, with a name."""
    found = [
        pytest.param(step["run"], id=f"{path.stem}-{step['name']}")
        for path in WORKFLOWS
        for job in jobs(path)
        for step in job["steps"]
        if "run" in step
    ]
    pipeline = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    found += [
        pytest.param("\n".join(job["script"]), id=f"gitlab-{name}")
        for name, job in pipeline.items()
        if isinstance(job, dict) and "script" in job
    ]
    return found


def test_every_file_is_found():
    assert NAMES == ["promote", "pull-request", "train"]
    assert len(scripts()) > 12


@pytest.mark.parametrize(
    ("schema", "files", "more"),
    [
        ("vendor.github-workflows", WORKFLOWS, ()),
        ("vendor.gitlab-ci", [GITLAB], ("--data-transform", "gitlab-ci")),
    ],
)
def test_the_schemas_of_both_forges_take_them(schema, files, more):
    assert checked("check-jsonschema", "--builtin-schema", schema, *more, *files) == ""


def test_a_file_that_the_schema_refuses_is_told(tmp_path):
    broken = tmp_path / "train.yml"
    broken.write_text(WORKFLOWS[-1].read_text().replace("runs-on:", "run-on:"))
    assert "runs-on" in checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", broken)


def test_zizmor_finds_nothing_even_when_it_is_pedantic():
    assert checked("zizmor", "--offline", "--no-config", "--persona", "pedantic", *WORKFLOWS) == ""


@pytest.mark.parametrize(
    ("good", "bad", "audit"),
    [
        ("@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6", "unpinned-uses"),
        ("permissions: {}\n", "", "excessive-permissions"),
        ('"$MODEL@latest"', "${{ github.head_ref }}", "template-injection"),
    ],
)
def test_zizmor_tells_of_what_is_left_out(tmp_path, good, bad, audit):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    text = WORKFLOWS[-1].read_text()
    assert good in text
    (folder / "train.yml").write_text(text.replace(good, bad))
    arguments = ("--offline", "--no-config", "--persona", "pedantic", folder / "train.yml")
    assert audit in checked("zizmor", *arguments)


@pytest.mark.parametrize("script", scripts())
def test_shellcheck_finds_nothing_in_what_a_shell_is_given(script, tmp_path):
    file = tmp_path / "script.sh"
    file.write_text(f"#!/bin/bash\nset -eo pipefail\n{script}\n")
    assert checked("shellcheck", "--enable=all", "--exclude=SC2154,SC2250", file) == ""


def test_shellcheck_finds_nothing_in_the_script_of_the_project():
    assert checked("shellcheck", "--enable=all", "--exclude=SC2250", COMPARE) == ""


@pytest.mark.parametrize("script", scripts())
def test_no_script_has_an_expression_in_it(script):
    assert "${{" not in script


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_actions_are_pinned_to_commits_and_say_which_release_that_is(path):
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    for line in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    releases = {line.split("@")[0]: line for line in used}
    assert set(used) == set(releases.values()), "one action, two commits"


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_each_job_has_its_own_permissions_a_time_limit_and_a_group(path):
    document = workflow(path)
    assert document["permissions"] == {}
    assert document["concurrency"]["group"]
    for job in jobs(path):
        assert job["permissions"]
        assert job["timeout-minutes"] <= 120


def test_what_may_write_runs_no_code_of_a_pull_request():
    document = workflow(SKELETON / ".github" / "workflows" / "pull-request.yml")
    assert set(document["on"]) == {"pull_request"}, (
        "other events give the code of forks a token that may write"
    )
    compare, comment = document["jobs"]["compare"], document["jobs"]["comment"]
    assert compare["permissions"] == {"contents": "read"}
    assert compare["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    assert "secrets." not in json.dumps(document)
    assert comment["permissions"] == {"contents": "read", "pull-requests": "write"}
    [checkout] = [step for step in comment["steps"] if "actions/checkout" in step.get("uses", "")]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    kept = [
        step["with"].get("persist-credentials") for job in (compare, comment) for step in job["steps"]
        if "actions/checkout" in step.get("uses", "")
    ]  # fmt: skip
    assert kept == [False, False]


def test_only_a_protected_environment_promotes_and_only_by_hand():
    by_hand = workflow(SKELETON / ".github" / "workflows" / "promote.yml")
    assert set(by_hand["on"]) == {"workflow_dispatch"}
    assert by_hand["jobs"]["promote"]["environment"] == "production"
    job = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["promote"]
    assert (job["environment"], [rule["when"] for rule in job["rules"]]) == ("production", ["manual"])
    promoting = [path.stem for path in WORKFLOWS if "hallmark promote" in path.read_text()]
    assert promoting == ["promote"]


@pytest.mark.servers
def test_actionlint_finds_nothing(tmp_path):
    missing = ROOT / ".venv-actionlint" / "missing"
    if missing.exists():
        pytest.skip(missing.read_text())
    assert actionlint(*WORKFLOWS) == []
    broken = tmp_path / "train.yml"
    broken.write_text(WORKFLOWS[-1].read_text().replace("vars.HALLMARK_ROOT", "var.HALLMARK_ROOT"))
    [problem] = actionlint(broken)
    assert 'undefined variable "var"' in problem["message"]


def actionlint(*files: Path) -> list[dict[str, Any]]:
    """Gives what actionlint finds in workflow files."""
    import playwright

    program = prepared(
        "actionlint", folder=".venv-actionlint", variable="HALLMARK_ACTIONLINT", file="main.wasm"
    )
    node = Path(playwright.__file__).parent / "driver" / "node"
    command = [node, Path(__file__).with_name("actionlint.cjs"), program.parent, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
