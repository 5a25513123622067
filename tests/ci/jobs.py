"""The jobs of workflow files, and a runner that runs their commands as they are written."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPONENTS = Path(__file__).parents[2] / "components"
SKELETON = COMPONENTS / "tfx_hallmark" / "scaffold" / "skeleton"
WORKFLOWS = sorted((SKELETON / ".github" / "workflows").iterdir())
GITLAB = SKELETON / ".gitlab-ci.yml"
# How GitHub runs `shell: bash`, and what GitLab's runner sets.
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
# Those of whoever runs the tests are nothing to a runner.
NO_GIT_SETTINGS = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


@dataclass(frozen=True)
class Step:
    """Commands of a job.

    Attributes:
        script: What bash is given.
        environment: The variables that the file sets for it.
        always: Whether it also runs after one that failed.
    """

    script: str
    environment: dict[str, str]
    always: bool = False


@dataclass(frozen=True)
class Ran:
    """How a job went.

    Attributes:
        code: 0, or the exit code of the first step that failed.
        printed: What its steps printed.
        summary: What GitHub shows as the job's summary.
    """

    code: int
    printed: str
    summary: str


def github_job(file: Path, name: str, context: dict[str, str]) -> list[Step]:
    """Gives the steps of a job that have commands; the context has every expression's value."""
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    job = workflow["jobs"][name]

    def filled(values: dict[str, Any]) -> dict[str, str]:
        return {
            key: _EXPRESSION.sub(lambda match: context[match[1]], str(value)) for key, value in values.items()
        }

    steps = []
    for step in job["steps"]:
        if "run" in step:
            assert step.get("if") in (None, "!cancelled()")
            parts = (workflow.get("env", {}), job.get("env", {}), step.get("env", {}))
            environment = {key: value for part in parts for key, value in filled(part).items()}
            steps.append(Step(step["run"], environment, always="if" in step))
    return steps


def gitlab_job(file: Path, name: str, given: dict[str, str]) -> list[Step]:
    """Gives a job's commands; `given` are the variables that do not come from the file."""
    pipeline = yaml.safe_load(file.read_text(encoding="utf-8"))
    job = pipeline[name]
    known = {**pipeline["variables"], **job.get("variables", {}), **given}

    def expanded(value: str) -> str:
        return re.sub(r"\$(\w+)", lambda match: expanded(known.get(match[1], "")), value)

    return [Step("\n".join(job["script"]), {key: expanded(value) for key, value in known.items()})]


def run(steps: list[Step], checkout: Path, environment: dict[str, str]) -> Ran:
    """Runs a job's commands in a checkout, each step by a bash of its own, with nothing of ours but PATH."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("HALLMARK_", "GITHUB_", "CI_"))
    }
    inherited["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
    inherited |= {"PYTHONPATH": str(COMPONENTS), **NO_GIT_SETTINGS}
    code, printed, summary = 0, "", ""
    for number, step in enumerate(steps):
        if code and not step.always:
            continue
        script = checkout.with_name(f"{checkout.name}-step-{number}.sh")
        summaries = script.with_suffix(".md")
        script.write_text(step.script, encoding="utf-8")
        summaries.touch()
        given = {"GITHUB_STEP_SUMMARY": str(summaries), **environment, **step.environment}
        done = subprocess.run(
            [*BASH, script],
            cwd=checkout,
            env={**inherited, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        code = code or done.returncode
        printed += done.stdout
        summary += summaries.read_text(encoding="utf-8")
    return Ran(code, printed, summary)
