"""Findings as text, like a compiler's, or as JSON."""

from collections.abc import Sequence

import msgspec

from tfx_hallmark.kfp_lint.finding import Finding


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with the file and line it is about, as the JSON report has it."""

    file: str
    line: int
    severity: str
    rule: str
    where: str
    problem: str
    remedy: str


def reported(file: str, line: int, finding: Finding) -> Reported:
    """Add file and line to a finding."""
    return Reported(
        file=file,
        line=line,
        severity=finding.severity,
        rule=finding.rule,
        where=finding.where,
        problem=finding.problem,
        remedy=finding.remedy,
    )


def as_text(findings: Sequence[Reported], *, files: int) -> str:
    """Write two lines for each finding, and how many there are.

    Args:
        findings: All of them.
        files: How many files were checked.
    """
    lines = [
        f"{found.file}:{found.line}: {found.severity}: {found.where}: {found.problem} [{found.rule}]\n"
        f"    to do: {found.remedy}\n"
        for found in findings
    ]
    checked = _counted(files, "file")
    if not findings:
        return f"{checked} checked, nothing found\n"
    return f"{''.join(lines)}{checked} checked: {_totals(findings)}\n"


def as_json(findings: Sequence[Reported]) -> str:
    """Write `{"errors": ..., "warnings": ..., "findings": [...]}`."""
    report = {
        "errors": count(findings, "error"),
        "warnings": count(findings, "warning"),
        "findings": findings,
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def count(findings: Sequence[Reported], severity: str) -> int:
    """Return how many findings are that bad."""
    return sum(found.severity == severity for found in findings)


def _totals(findings: Sequence[Reported]) -> str:
    return f"{_counted(count(findings, 'error'), 'error')}, {_counted(count(findings, 'warning'), 'warning')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
