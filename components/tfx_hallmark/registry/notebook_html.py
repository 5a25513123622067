"""Versions, verdicts and comparisons as HTML for notebooks: no script, nothing loaded, every text escaped.

Colours are shades over whatever the notebook shows behind them, since its theme, light or dark, is not
known to what it displays.
"""

from html import escape
from typing import TYPE_CHECKING

from tfx_hallmark.registry.comparing.measures import Reading
from tfx_hallmark.registry.verdict import Check, Verdict, VersionAt
from tfx_hallmark.registry.version_facts import Unit, Value, facts

if TYPE_CHECKING:
    from tfx_hallmark.registry.comparison import VersionComparison
    from tfx_hallmark.registry.version import Version

_STYLE = """
.hallmark {overflow-x: auto; line-height: 1.35}
.hallmark h4 {margin: .4em 0; font-size: 1.1em}
.hallmark table {border-collapse: collapse; margin: .3em 0 .6em; color: inherit; font-size: inherit}
.hallmark th, .hallmark td {padding: .15em .7em .15em 0; text-align: left; vertical-align: top;
  color: inherit; background: transparent; border: 0; border-bottom: 1px solid rgba(128, 128, 128, .3);
  white-space: nowrap; unicode-bidi: isolate}
.hallmark th {font-weight: 600}
.hallmark td.long {white-space: normal; overflow-wrap: anywhere; min-width: 18em}
.hallmark td.number {text-align: right; font-variant-numeric: tabular-nums}
.hallmark .facts td.number {text-align: left}
.hallmark th.section {padding-top: .7em}
.hallmark tr.changed td {background: rgba(230, 160, 0, .16)}
.hallmark .badge {padding: .05em .5em; border-radius: .7em; font-weight: 600; font-size: .9em;
  background: rgba(128, 128, 128, .25)}
.hallmark .good {background: rgba(40, 167, 69, .28)}
.hallmark .bad {background: rgba(220, 53, 69, .3)}
.hallmark summary {cursor: pointer; font-weight: 600}
.hallmark ul {margin: .3em 0; padding-left: 1.4em}
"""
_BADGES = {"published": "good", "adopted": "good", "pass": "good", "refused": "bad", "FAIL": "bad"}
_LONG = 32  # characters; a longer text is broken into lines
_DIGEST = 15
_SHOWN_AT_ONCE = ("Identity", "Metrics", "Verdict")


def version_html(version: "Version") -> str:
    """Show a version: identity, metrics and verdict at once, the rest to be unfolded."""
    parts = []
    for title, given in facts(version).items():
        known = [(name, fact) for name, fact in given.items() if fact is not None]
        if not known:
            continue
        rows = [f"<tr>{_heading(name)}{_value(fact.value, fact.unit)}</tr>" for name, fact in known]
        table = f'<table class="facts">{"".join(rows)}</table>'
        shown = " open" if title in _SHOWN_AT_ONCE else ""
        parts.append(f"<details{shown}><summary>{escape(title)}</summary>{table}</details>")
    status = "quarantined" if version.state.quarantined is not None else version.state.status
    return _card(str(version), status, "".join(parts))


def verdict_html(verdict: Verdict) -> str:
    """Show a verdict: the outcome, its reasons, and each metric by slice with what was required."""
    reasons = "".join(f"<li>{escape(reason.text)}</li>" for reason in verdict.reasons)
    parts = [f"<ul>{reasons}</ul>", f"<div>baseline: {escape(_baseline(verdict.baseline))}</div>"]
    if verdict.override is not None:
        parts.append(f"<div>the gate was passed over: {escape(verdict.override)}</div>")
    parts += [
        f"<div>clients may break, as was allowed: {escape(line)}</div>" for line in verdict.allowed_breaks
    ]
    if verdict.checks:
        headers = ("metric", "slice", "required", "candidate", "baseline", "margin", "")
        rows = [f"<tr>{''.join(_check(check))}</tr>" for check in verdict.checks]
        parts.append(f"<table><tr>{''.join(map(_heading, headers))}</tr>{''.join(rows)}</table>")
    return _card(f"{verdict.model}@{verdict.version}", verdict.outcome, "".join(parts))


def comparison_html(comparison: "VersionComparison") -> str:
    """Show versions side by side, a column each; what differs is marked."""
    columns = len(comparison.versions) + 1
    first = comparison.versions[0]
    parts = []
    for changes in comparison.changes:
        title = f"{changes.version} against {first}: {changes.step}"
        lines = "".join(f"<li>{escape(f'{part}: {text}')}</li>" for part, text in changes.lines)
        parts.append(f"<details open><summary>{escape(title)}</summary><ul>{lines}</ul></details>")
    parts += [f"<div>{escape(remark)}</div>" for remark in comparison.remarks]
    rows = [f"<tr>{_heading('')}{''.join(map(_heading, comparison.versions))}</tr>"]
    for section in comparison.sections:
        rows.append(f'<tr><th class="section" colspan="{columns}">{escape(section.title)}</th></tr>')
        for row in section.rows:
            cells = "".join(
                map(_reading, row.measured.readings)
                if row.measured is not None
                else (_told_apart(value, row.unit) for value in row.values)
            )
            start = '<tr class="changed">' if row.changed else "<tr>"
            rows.append(f"{start}{_heading(row.name)}{cells}</tr>")
    shown = sum(not row.changed for section in comparison.sections for row in section.rows)
    hidden = comparison.equal - shown
    note = f"<div>the same in all versions, and not shown: {hidden}</div>" if hidden else ""
    title = f"{comparison.model} {', '.join(comparison.versions)}"
    return _card(title, "", f'{"".join(parts)}<table class="facts">{"".join(rows)}</table>{note}')


def _card(title: str, status: str, body: str) -> str:
    return (
        f'<div class="hallmark"><style>{_STYLE}</style><h4>{escape(title)} {_badge(status)}</h4>{body}</div>'
    )


def _badge(text: str) -> str:
    return f'<span class="badge {_BADGES.get(text, "")}">{escape(text)}</span>' if text else ""


def _heading(text: str) -> str:
    return f"<th>{escape(text)}</th>"


def _check(check: Check) -> tuple[str, ...]:
    required = f"{check.threshold} ({check.note})" if check.note else check.threshold
    return (
        *map(_text, (check.metric, check.slice, required)),
        *(_value(number, "metric") for number in (check.candidate, check.baseline)),
        _number(check.margin, sign="+"),
        f"<td>{_badge(('pass' if check.passed else 'FAIL') if check.judged else '-')}</td>",
    )


def _baseline(version: VersionAt | None) -> str:
    return "none, nothing was stable" if version is None else f"{version.version}, release {version.release}"


def _value(value: Value | None, unit: Unit) -> str:
    if value is None:
        return "<td>-</td>"
    if unit == "metric":
        return _number(float(value))
    if unit == "seconds":
        return f'<td class="number">{float(value):,.1f} s</td>'
    if isinstance(value, str):
        return _text(f"{value[:19].replace('T', ' ')} UTC" if unit == "time" else value)
    return f'<td class="number">{value:,}</td>' if unit == "bytes" else f'<td class="number">{value}</td>'


def _told_apart(value: Value | None, unit: Unit) -> str:
    """Make a cell in which a digest is as long as it takes to tell it from another."""
    if unit == "digest" and isinstance(value, str):
        return f'<td title="{escape(value)}">{escape(value[:_DIGEST])}…</td>'
    return _value(value, unit)


def _reading(reading: Reading) -> str:
    if reading.delta is None or reading.value is None:
        return _number(reading.value)
    change = "same" if not reading.delta else f"{_written(reading.delta, sign='+')}, {reading.change}"
    return f'<td class="number">{_written(reading.value)} ({change})</td>'


def _text(text: str) -> str:
    start = '<td class="long">' if len(text) > _LONG else "<td>"
    return f"{start}{escape(text)}</td>"


def _number(value: float | None, *, sign: str = "-") -> str:
    return "<td>-</td>" if value is None else f'<td class="number">{_written(value, sign=sign)}</td>'


def _written(value: float, *, sign: str = "-") -> str:
    # Four decimals would show a small but decisive margin as nothing.
    form = ".4f" if value == 0 or 1e-4 <= abs(value) < 1e6 else ".3g"
    return f"{value:{sign}{form}}"
