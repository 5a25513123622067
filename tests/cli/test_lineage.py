"""`hallmark lineage`: what a version was made from, and what came of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from tests.dashboard.metadata import write_metadata
from tests.lineage.history import commit, write_history
from tfx_hallmark.cli.main import app
from tfx_hallmark.lineage.connection.address import address_of
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store
from tfx_hallmark.registry import events
from tfx_hallmark.registry.registry import Registry


@pytest.fixture(scope="session")
def recorded(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has a pipeline run for each version of `penguin`; tests only read it."""
    file = tmp_path_factory.mktemp("recorded") / "metadata.sqlite"
    write_metadata(file, Registry.open(history))
    return file


@pytest.fixture
def lineage(history: Path, recorded: Path) -> Callable[..., Any]:
    """Runs `hallmark lineage` on both."""

    def run(*arguments: str, **environment: str | None) -> Any:
        env = {
            "HALLMARK_ROOT": str(history),
            "HALLMARK_METADATA": str(recorded),
            "COLUMNS": None,
            **environment,
        }
        return CliRunner(env=env).invoke(app, ["lineage", *arguments])

    return run


def said(result: Any) -> str:
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


def test_the_tree_tells_who_made_what_from_what_and_what_came_of_it(lineage):
    page = said(lineage("penguin@1.0.2"))
    first, *rest = page.splitlines()
    assert re.fullmatch(r"penguin@1\.0\.2  ModelVersion, artifact \d+, recorded \S+ \S+ UTC", first)
    above, below = page.split("LED TO")
    rails = [re.sub(r"(?<=\w)  .*$", "", line) for line in above.splitlines()[3:]]
    assert rails[:4] == [
        "└ VersionTagger",
        "  ├ model: Model",
        "  │ └ Trainer",
        "  │   ├ transform_graph: TransformGraph",
    ]
    assert any("Trainer" in line and "learning_rate=0.01" in line for line in rest)
    assert any("examples: Examples" in line and "span 0" in line for line in rest)
    assert "(above)" in above
    assert re.search(r"├ BaselineEvaluator", below)
    assert re.search(r"pushed_model: PushedModel +release 2", below)
    assert "(above)" not in below


def test_what_was_said_of_an_event_is_told_whole(root, make_candidate, make_evaluation, hallmark, tmp_path):
    model = write_history(root, make_candidate, make_evaluation)
    refused = next(event.data for event in model.events() if event.kind == "refused")
    override = "the audit of the third quarter asks for exactly this one"
    commit(root, events.Promoted(version="1.0.2", release=2, label="canary", override=override))
    store = tmp_path / "metadata.sqlite"
    initialise_store(parse_connection(str(store)))
    at = {"HALLMARK_ROOT": str(root), "HALLMARK_METADATA": str(store)}
    assert hallmark("sync", **at).exit_code == 0

    def line(version, kind):
        page = said(hallmark("lineage", version, **at))
        return [one for one in page.splitlines() if f" {kind} " in one][-1]

    assert line(f"penguin@{refused.version}", "Refuse").endswith(f", summary: {refused.summary}")
    assert f", override: {override}" in line("penguin@1.0.2", "Promote")
    assert line("penguin@1.0.0", "Evaluate").endswith(", summary: fine on June")
    assert "summary: trained again on June, bit by bit the same" in line("penguin@1.0.0", "Reproduce")


def test_a_direction_and_a_depth_limit_the_tree(lineage):
    assert "LED TO" not in said(lineage("penguin@1.0.2", "--direction", "upstream"))
    below = said(lineage("penguin@1.0.2", "--direction", "downstream"))
    assert "MADE FROM" not in below
    assert "RegistryPusher" in below
    short = said(lineage("penguin@1.0.2", "--depth", "1"))
    assert "VersionTagger" in short
    assert "CsvExampleGen" not in short
    assert "there is more that is not shown" in short


def test_on_a_narrow_terminal_every_line_fits(lineage):
    page = said(lineage("penguin@1.0.2", COLUMNS="80"))
    assert max(map(len, page.splitlines())) <= 80
    assert page.count("VersionTagger") == 1


def test_json_is_the_graph(lineage):
    graph = json.loads(said(lineage("penguin@1.0.2", "--json")))
    assert graph == json.loads(said(lineage("penguin@1.0.2", "--format", "json")))
    (about,) = graph["about"]
    assert graph["nodes"][about]["version"] == "penguin@1.0.2"
    assert {edge["source"] for edge in graph["edges"]} <= graph["nodes"].keys()


def test_a_diff_tells_what_differed_in_the_making(lineage):
    page = said(lineage("penguin@1.0.2", "--diff", "penguin@1.0.0"))
    assert re.search(r"^WHERE +WHAT +1\.0\.2 +1\.0\.0$", page, re.MULTILINE)
    found = json.loads(said(lineage("penguin@1.0.2", "--diff", "penguin@1.0.0", "--json")))
    assert (found["a"], found["b"]) == ("penguin@1.0.2", "penguin@1.0.0")
    assert found["differences"]
    for one in found["differences"]:
        assert re.search(rf"^{one['where']} +{re.escape(one['what'])} ", page, re.MULTILINE)
    assert f"{found['same']} artifacts and executions are the same" in page


def test_nothing_differs_between_a_version_and_itself(lineage):
    assert "nothing differs in their making" in said(lineage("penguin@1.0.2", "--diff", "penguin@2"))


def test_the_impact_of_an_artifact_names_every_version_and_what_serves(lineage):
    graph = json.loads(said(lineage("penguin@1.0.2", "--json")))
    (examples,) = [
        node["id"]
        for node in graph["nodes"].values()
        if node["type"] == "Examples" and node["properties"].get("span") == 0
    ]
    page = said(lineage("--impact-of", f"artifact:{examples}"))
    assert f"trained from artifact:{examples}, 1 of them stable now" in page.splitlines()[0]
    assert re.search(r"^penguin@1\.0\.2 +published +2 +stable$", page, re.MULTILINE)
    assert re.search(r"^penguin@1\.0\.3 +refused +- +-$", page, re.MULTILINE)
    found = json.loads(said(lineage("--impact-of", f"artifact:{examples}", "--json")))
    assert [one["version"] for one in found["versions"] if one["live"]] == ["1.0.2"]


def test_the_impact_of_a_version_is_that_of_the_data_it_was_trained_from(lineage):
    found = json.loads(said(lineage("penguin@1.0.2", "--impact", "--json")))
    assert found["subject"] == "uri:/data/CsvExampleGen/examples/1"
    assert "1.0.2" in {one["version"] for one in found["versions"]}


def test_a_version_without_known_data_has_no_impact_to_tell(lineage):
    result = lineage("penguin@latest", "--impact")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "without saying what data it was trained from" in result.stderr


def test_svg_and_html_are_whole_documents(lineage):
    drawn = said(lineage("penguin@1.0.2", "--format", "svg"))
    assert ElementTree.fromstring(drawn.encode()).tag == "{http://www.w3.org/2000/svg}svg"
    html = said(lineage("penguin@1.0.2", "--format", "html"))
    assert html.startswith("<!doctype html>")
    assert not re.search(r'(?:src|href)="(?!#)', html)
    assert "default-src 'none'" in html


def test_exports_for_other_tools(lineage):
    assert said(lineage("penguin@1.0.2", "--format", "dot")).startswith("digraph lineage {")
    events = [
        json.loads(line) for line in said(lineage("penguin@1.0.2", "--format", "openlineage")).splitlines()
    ]
    assert {event["eventType"] for event in events} == {"START", "COMPLETE"}


def test_an_impact_has_a_graph_where_the_store_told_it(lineage):
    assert said(lineage("--impact-of", "artifact:1", "--format", "dot")).startswith("digraph")
    result = lineage("--impact-of", "span:7", "--format", "dot")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no graph of it" in result.stderr


@pytest.mark.parametrize("form", ["tree", "json", "svg"])
def test_out_writes_the_same_into_a_file_in_place_of_an_old_one(lineage, tmp_path, form):
    out = tmp_path / "made" / "lineage"
    out.parent.mkdir()
    out.write_text("old")
    assert said(lineage("penguin@1.0.2", "--format", form, "--out", str(out))) == ""
    assert out.read_text() == said(lineage("penguin@1.0.2", "--format", form))
    assert [one.name for one in out.parent.iterdir()] == ["lineage"]


def test_what_fails_leaves_the_old_file(lineage, tmp_path):
    out = tmp_path / "lineage.svg"
    out.write_text("old")
    assert lineage("penguin@9.9.9", "--format", "svg", "--out", str(out)).exit_code == 1
    assert out.read_text() == "old"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "give either a version, e.g. penguin@stable, or --impact-of SUBJECT"),
        (("penguin@1.0.2", "--impact-of", "span:3"), "give either a version"),
        (("penguin@1.0.2", "--impact", "--diff", "penguin@1.0.0"), "three questions: ask one"),
        (("penguin@1.0.2", "--diff", "penguin@1.0.0", "--format", "svg"), "no --format svg of it"),
        (("penguin@1.0.2", "--depth", "-1"), "--depth"),
        (("penguin",), "penguin"),
        (("--impact-of", "moon:1"), "'moon:1' names nothing that a model is trained from"),
    ],
)
def test_wrong_usage_is_said(lineage, arguments, complaint):
    result = lineage(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_store_one_line_says_how_to_give_it(lineage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = lineage("penguin@1.0.2", HALLMARK_METADATA=None)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("hallmark: no metadata store is given: use --metadata STORE")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("subject", ["penguin@9.9.9", "walrus@stable"])
def test_what_is_not_there_is_one_line(lineage, subject):
    result = lineage(subject)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)


def test_a_store_that_is_not_there_is_one_line(lineage, tmp_path):
    result = lineage("penguin@1.0.2", "--metadata", str(tmp_path / "none.sqlite"))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "none.sqlite" in result.stderr


def test_terminals_obey_nothing_that_a_store_says(history, tmp_path):
    hostile = "\x1b[2J\u202e[bold]x"
    connection = write_metadata(
        tmp_path / "hostile.sqlite",
        Registry.open(history),
        lambda field: hostile if field in ("setting", "property-value") else field,
    )
    env = {
        "HALLMARK_ROOT": str(history),
        "HALLMARK_METADATA": address_of(connection).database,
        "COLUMNS": None,
    }
    for more in ([], ["--diff", "penguin@1.0.0"], ["--json"]):
        result = CliRunner(env=env).invoke(app, ["lineage", "penguin@1.0.2", *more])
        assert result.exit_code == 0, result.stderr
        assert "\x1b" not in result.stdout
        assert "\u202e" not in result.stdout


def test_other_commands_load_neither_ml_metadata_nor_networkx(process):
    code = """
import sys
import tfx_hallmark.cli.main
heavy = {"ml_metadata", "networkx", "jinja2", "openlineage", "tfx_hallmark.lineage.drawing.layout"}
print(sorted(heavy & set(sys.modules)))
"""
    assert process("-c", code).stdout.strip() == "[]"
