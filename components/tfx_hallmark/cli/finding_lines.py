"""Findings for people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tfx_hallmark.registry.examining.finding import Finding

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page


def print_findings(page: "Page", findings: Iterable[Finding]) -> None:
    """Print each finding: its name and where, what is wrong, and how to repair it."""
    for finding in findings:
        page.line((finding.code, "red"), "  ", (finding.where, "bold"))
        page.line(f"    {finding.what}")
        page.line("    ", ("repair: ", "dim"), finding.repair)
