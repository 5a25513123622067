"""What `hallmark lineage` prints: trees and tables for people, and the formats of other tools."""

import sys
from collections.abc import Callable, Iterator, Mapping

from tfx_hallmark.answers.text import counted, minute, second
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.tables import STATUS_STYLES, Cell, Page
from tfx_hallmark.lineage.drawing.captions import Caption, captions, duration
from tfx_hallmark.lineage.drawing.parameters import SAID, parameters_of
from tfx_hallmark.lineage.drawing.tree import Branch, tree_of
from tfx_hallmark.lineage.graph import LineageGraph, Node
from tfx_hallmark.lineage.reading.diff import LineageDiff
from tfx_hallmark.lineage.reading.impact import Impact, ImpactedVersion
from tfx_hallmark.registry.errors import ConfigError, NotFoundError

Found = LineageGraph | LineageDiff | Impact


def write(found: Found, form: str, *, direction: str = "both") -> None:
    """Print what was found.

    Args:
        found: A graph, a difference or an impact.
        form: `tree` for people, `json`, or a graph's `dot`, `svg`, `html` or `openlineage`.
        direction: Which tree of a graph to print; `upstream`, `downstream` or `both`.

    Raises:
        NotFoundError: If a graph is asked for, and only the manifests told.
        ConfigError: If what `html` needs is not installed.
    """
    if form == "json":
        print_json(found)
    elif form != "tree":
        sys.stdout.write(_EXPORTS[form](_graph(found)))
    elif isinstance(found, LineageGraph):
        _print_tree(found, direction)
    elif isinstance(found, LineageDiff):
        _print_diff(found)
    else:
        _print_impact(found)


def _graph(found: Found) -> LineageGraph:
    if isinstance(found, LineageGraph):
        return found
    if isinstance(found, Impact) and found.graph is not None:
        return found.graph
    msg = "there is no graph of it, for it is the manifests that told: use --json, or ask --impact-of artifact:ID"
    raise NotFoundError(msg)


def _svg(graph: LineageGraph) -> str:
    from tfx_hallmark.lineage.drawing.svg import svg_file

    return svg_file(graph)


def _html(graph: LineageGraph) -> str:
    try:
        from tfx_hallmark.dashboard.lineage_file import html_file
    except ImportError as error:
        msg = f"what makes HTML is not installed here ({error}): pip install 'tfx-hallmark[ui]'"
        raise ConfigError(msg) from error
    return html_file(graph)


def _openlineage(graph: LineageGraph) -> str:
    from tfx_hallmark.lineage.openlineage_export import to_openlineage_json

    return to_openlineage_json(graph)


_EXPORTS: Mapping[str, Callable[[LineageGraph], str]] = {
    "dot": LineageGraph.to_dot,
    "svg": _svg,
    "html": _html,
    "openlineage": _openlineage,
}


def _print_tree(graph: LineageGraph, direction: str) -> None:
    page = Page()
    said = captions(graph)
    for key in graph.about:
        node = graph.nodes[key]
        title = node.version or said[key].text
        what = f"{node.type}, artifact {node.id}, recorded {second(node.created)}"
        page.line((title, "bold"), "  ", (what, "dim"))
    tree = tree_of(graph)
    for side, title, branches in (
        ("upstream", "Made from", tree.upstream),
        ("downstream", "Led to", tree.downstream),
    ):
        # A model leads to its version, so a graph of what came of it has a step on the way to it.
        if branches and direction in (side, "both"):
            page.line("")
            rows = [_row(branch, graph.nodes[branch.key], said[branch.key]) for branch in branches]
            page.table((title, "details"), rows)
    if graph.cut:
        page.line("")
        page.line((f"beyond {counted(len(graph.cut), 'node')} there is more that is not shown", "dim"))


def _row(branch: Branch, node: Node, caption: Caption) -> tuple[Cell, Cell]:
    if node.kind == "artifact":
        text: Cell = branch.rails + (f"{'/'.join(branch.roles)}: {node.type}" if branch.roles else node.type)
        details = _about_artifact(branch, node, caption)
    else:
        text = (f"{branch.rails}{node.type}", "red" if node.state == "FAILED" else "bold cyan")
        details = _about_execution(node)
    return text, ("(above)", "dim") if branch.repeated else ", ".join(filter(None, details))


def _about_artifact(branch: Branch, node: Node, caption: Caption) -> Iterator[str]:
    number = f"artifact {node.id}"
    if caption.detail not in (*branch.roles, number):
        yield caption.detail
    yield number


def _about_execution(node: Node) -> Iterator[str]:
    if node.state not in ("", "COMPLETE"):
        yield node.state.lower()
    if "actor" in node.properties and "seq" in node.properties:
        # One of the registry's events, which says itself when it was.
        yield f"{minute(str(node.properties.get('time', node.created)))} by {node.properties['actor']}"
    else:
        took = "" if node.seconds is None else f"{duration(node.seconds)} at "
        yield f"{took}{minute(node.created)}"
    for name, value in parameters_of(node).items():
        yield f"{name}: {value}" if name in SAID else f"{name}={value}"


def _print_diff(found: LineageDiff) -> None:
    page = Page()
    page.line((f"{found.a} and {found.b}", "bold"))
    page.line("")
    parts = f"{found.same} artifacts and executions"
    if not found.differences:
        page.line(f"nothing differs in their making; {parts} are the same")
        return
    rows = [
        (one.where, one.what, "-" if one.a is None else str(one.a), "-" if one.b is None else str(one.b))
        for one in found.differences
    ]
    page.table(("where", "what", *_columns(found)), rows)
    page.line("")
    page.line((f"{parts} are the same", "dim"))


def _columns(found: LineageDiff) -> list[str]:
    names = [one.partition("@") for one in (found.a, found.b)]
    same_model = names[0][0] == names[1][0]
    return [version if same_model else f"{model}@{version}" for model, _, version in names]


def _print_impact(found: Impact) -> None:
    page = Page()
    live = [one for one in found.versions if one.live]
    count = counted(len(found.versions), "version")
    page.line((f"{count} trained from {found.subject}", "bold"), f", {len(live)} of them stable now")
    for node in found.about:
        page.line((f"artifact {node.id}: {node.type}, {node.uri or node.name}", "dim"))
    if found.versions:
        page.line("")
        page.table(("version", "status", "releases", "labels"), map(_impacted, found.versions))


def _impacted(one: ImpactedVersion) -> tuple[Cell, ...]:
    return (
        f"{one.model}@{one.version}",
        (one.status, STATUS_STYLES.get(one.status, "")),
        ", ".join(map(str, one.releases)) or "-",
        (", ".join(one.labels) or "-", "bold green" if one.live else ""),
    )
