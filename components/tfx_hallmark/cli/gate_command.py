"""`hallmark gate`: whether a version is better than another, by what is on record, for CI."""

import sys
from pathlib import Path

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.output_file import standard_output_in
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.gating.result import GateResult
from tfx_hallmark.registry.gating.rules import GateRules
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root

_FORMATS = ("text", "json", "junit", "markdown")
_BY_SUFFIX = {".json": "json", ".xml": "junit", ".md": "markdown", ".markdown": "markdown", ".txt": "text"}


@click.command("gate")
@options.reference
@click.option(
    "--against",
    default="stable",
    show_default=True,
    metavar="REF",
    help="What it has to beat; the model's name may be left out.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="YAML file with the rules; by default the thresholds that REF's own evaluation was judged by.",
)
@click.option(
    "--on",
    metavar="DATA",
    help="Go by the evaluations that 'hallmark compare --on DATA' put on record.",
)
@click.option(
    "--allow-other-data",
    is_flag=True,
    help="Compare also what was measured on different data; without it, that is a failure.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="How the answer is written, into FILE if --out is given; by default as the name of FILE says, else as text.",
)
@click.option(
    "--out",
    "files",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it into FILE too, in place of an earlier one: .xml (JUnit), .md, .json or .txt. Repeat it for more.",
)
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    reference: str,
    against: str,
    config: Path | None,
    on: str | None,
    allow_other_data: bool,
    form: str | None,
    files: tuple[Path, ...],
    root: Root | None,
    as_json: bool,
) -> None:
    """Decide from what is on record whether a version is better than another: exit 0 if it is, 1 if not.

    Nothing is evaluated and nothing is changed. What was never measured, or was measured on different data, is a
    failure that says what to run. docs/ci.md has the rules that FILE may hold.

    \b
    Examples:
      hallmark gate penguin@latest
      hallmark gate penguin@latest --against penguin@1.0.0 --json
      hallmark gate penguin@latest --config gate.yaml --out gate.xml --out gate.md
      hallmark gate penguin@canary --on /data/2026-11/examples
      hallmark gate penguin@latest --format markdown
    """  # noqa: D301
    printed, written = _forms(form, files, as_json=as_json)
    named = parse_reference(reference)
    rules = None if config is None else GateRules.read(config)
    model = open_to_operate(open_registry(root), named.model, dry_run=True)
    parse_reference(against if "@" in against.lstrip("@") else f"{named.model}@{against.lstrip('@')}")
    answer = model.gate(named.value, against, rules=rules, on=on, allow_other_data=allow_other_data)
    for file, its_form in written.items():
        with standard_output_in(file):
            _print(answer, its_form)
    _print(answer, printed)
    if not answer.passed:
        ctx.exit(1)


def _forms(form: str | None, files: tuple[Path, ...], *, as_json: bool) -> tuple[str, dict[Path, str]]:
    """Return how the answer is printed, and how each file is written."""
    if not files:
        if as_json and form not in (None, "json"):
            msg = f"--json and --format {form} exclude each other: give one of them"
            raise click.UsageError(msg)
        return "json" if as_json else form or "text", {}
    if form is not None and len(files) > 1:
        msg = "--format is for one FILE: of several, each is written as its name says"
        raise click.UsageError(msg)
    written = {}
    for file in files:
        known = form or _BY_SUFFIX.get(file.suffix.lower())
        if known is None:
            msg = f"'{file}' does not say how it is to be written: end it in {', '.join(_BY_SUFFIX)}, or give --format"
            raise click.UsageError(msg)
        written[file] = known
    return "json" if as_json else "text", written


def _print(answer: GateResult, form: str) -> None:
    if form == "json":
        print_json(answer)
    elif form == "junit":
        from tfx_hallmark.answers.gate_junit import as_junit

        sys.stdout.write(as_junit(answer))
    elif form == "markdown":
        from tfx_hallmark.answers.gate_markdown import as_markdown

        sys.stdout.write(as_markdown(answer))
    else:
        _print_text(answer)


def _print_text(answer: GateResult) -> None:
    from tfx_hallmark.answers.gate_markdown import MEASURED, RULES
    from tfx_hallmark.cli.check_table import print_checks
    from tfx_hallmark.cli.tables import Page

    page = Page()
    outcome = ("passed", "green") if answer.passed else ("failed", "red")
    page.line((f"{answer.model} {answer.version} against {answer.other}", "bold"), "  ", outcome)
    if answer.data:
        page.line(f"{MEASURED[answer.measured]} {answer.data}")
    page.line(f"rules: {RULES[answer.rules]}")
    page.line("")
    print_checks(page, answer.checks)
    page.line("")
    for reason in answer.reasons:
        page.line((reason.text, outcome[1]))
        if reason.advice:
            page.line(f"  {reason.advice}")
