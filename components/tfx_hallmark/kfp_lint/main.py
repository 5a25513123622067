"""The command `hallmark-kfp-lint`.

Exit codes: 0 no errors, 1 errors, 2 wrong usage or a file that is no compiled pipeline.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tfx_hallmark.kfp_lint.document import SpecFile, UnreadableSpecError
from tfx_hallmark.kfp_lint.report import Reported, as_json, as_text, count, reported
from tfx_hallmark.kfp_lint.rules import RULES, lint

_RULES = "\n".join(f"  {rule.name:<18}{rule.severity:<9}{', '.join(rule.targets)}" for rule in RULES)
_EPILOG = f"""
examples:
  hallmark-kfp-lint penguin.yaml
  hallmark-kfp-lint --target vertex penguin.json
  hallmark-kfp-lint --json build/*.yaml

rules:
{_RULES}

exit codes: 0 no errors (there may be warnings), 1 errors, 2 wrong usage or a file that is no compiled pipeline
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)
    findings: list[Reported] = []
    read = 0
    for path in options.files:
        try:
            file = SpecFile(path)
        except UnreadableSpecError as error:
            sys.stderr.write(f"hallmark-kfp-lint: {error}\n")
            continue
        read += 1
        findings += [
            reported(str(path), file.line_of(found.place), found) for found in lint(file.spec, options.target)
        ]
    try:
        sys.stdout.write(as_json(findings) if options.json else as_text(findings, files=read))
        sys.stdout.flush()
    except BrokenPipeError:
        # `| head` has read what it wanted; the interpreter's own last flush would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if read < len(options.files):
        return 2
    return 1 if count(findings, "error") else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hallmark-kfp-lint",
        description="Say what Kubeflow Pipelines would refuse, ignore or change in a compiled pipeline.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="what KubeflowV2DagRunner or the KFP compiler wrote, YAML or JSON",
    )
    parser.add_argument(
        "--target",
        choices=("oss", "vertex"),
        default="oss",
        help="which backend: open-source Kubeflow Pipelines (default) or Vertex AI Pipelines",
    )
    parser.add_argument("--json", action="store_true", help="write the findings as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
