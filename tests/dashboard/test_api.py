"""The JSON API: the commands' answers, and nothing else than its description says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from click.testing import CliRunner
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings

from tests.dashboard.metadata import write_metadata
from tfx_hallmark.cli.main import app as hallmark
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.registry import Registry


@pytest.fixture(scope="session")
def lineage_settings(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a page that has lineage too, and is addressed as schemathesis does."""
    file = tmp_path_factory.mktemp("metadata") / "metadata.sqlite"
    connection = write_metadata(file, Registry.open(history))
    return Settings(root=history, metadata=connection, hosts=("testserver", "127.0.0.1"))


def test_every_answer_is_as_described(lineage_settings: Settings) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", create_app(lineage_settings))
    tried = []
    for found in described.get_all_operations():
        operation = found.ok()
        tried.append(operation.path)

        @settings(max_examples=40, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def answers_as_described(case: Any) -> None:
            case.call_and_validate()

        answers_as_described()
    assert len(tried) == 9


@pytest.fixture
def printed(history: Path) -> Callable[..., Any]:
    """Gives what the command prints with --json."""

    def run(*arguments: str) -> Any:
        result = CliRunner(env={"HALLMARK_ROOT": str(history)}).invoke(hallmark, [*arguments, "--json"])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/models", ("list",)),
        ("/models/penguin/versions/stable", ("show", "penguin@stable")),
        ("/models/penguin/versions/1.0.1", ("show", "penguin@1.0.1")),
        ("/models/penguin/versions/2", ("show", "penguin@2")),
        ("/models/penguin/versions/1.0.1/verdict", ("why", "penguin@1.0.1")),
        ("/models/penguin/events", ("log", "penguin")),
        (
            "/models/penguin/events?kind=refused&limit=1",
            ("log", "penguin", "--kind", "refused", "--limit", "1"),
        ),
        (
            "/models/penguin/compare?version=1.0.0&version=stable",
            ("compare", "penguin@1.0.0", "@stable", "--all"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_is_what_the_command_prints(
    client: TestClient, printed: Callable[..., Any], path: str, command: tuple[str, ...]
) -> None:
    answer = client.get(f"/api{path}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == printed(*command)


def test_a_model_is_told_as_the_list_has_it(client: TestClient) -> None:
    listed = client.get("/api/models").json()["models"]
    assert [one["model"] for one in listed] == ["penguin", "seal"]
    assert client.get("/api/models/penguin").json() == listed[0]


def test_versions_are_searched_filtered_sorted_and_paged(client: TestClient) -> None:
    def versions(query: str) -> list[str]:
        answer = client.get(f"/api/models/penguin/versions?{query}")
        return [one["version"] for one in answer.json()["versions"]]

    assert versions("") == ["1.0.4", "1.0.3", "1.0.2", "1.0.1", "1.0.0"]
    assert versions("sort=version&size=2&page=2") == ["1.0.2", "1.0.3"]
    assert versions("status=refused") == ["1.0.1"]
    assert versions("label=canary") == ["1.0.3"]
    assert versions("q=quarantine") == ["1.0.4"]


def test_events_are_found_by_actor_and_read_on_from_a_position(client: TestClient) -> None:
    def seqs(query: str) -> list[int]:
        return [event["seq"] for event in client.get(f"/api/models/penguin/events?{query}").json()["events"]]

    everything = seqs("")
    assert everything == sorted(everything, reverse=True)
    assert seqs("actor=guard") == everything[:1]
    assert seqs(f"before={everything[2]}&limit=2") == everything[3:5]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/models/penguin/versions/9.9.9", 404, "9.9.9"),
        ("/models/penguin/versions/@", 400, "@"),
        ("/models/penguin/versions/1.0.4/verdict", 404, "has no verdict"),
        ("/models/penguin/versions?size=0", 422, "size: input should be greater than or equal to 1"),
        ("/models/penguin/versions?status=good", 400, "there is no status 'good'"),
        ("/models/penguin/compare?version=1.0.0", 422, "version"),
        ("/models/penguin/compare?version=1.0.0&version=9.9.9", 404, "9.9.9"),
        ("/impact?subject=span:3", 404, "nothing at this address"),
        ("", 404, "nothing at this address"),
        ("/", 404, "nothing at this address"),
    ],
)
def test_what_is_wrong_is_one_line(client: TestClient, path: str, status: int, said: str) -> None:
    answer = client.get(f"/api{path}")
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_lineage_is_told_where_metadata_is_given(lineage_settings: Settings) -> None:
    client = TestClient(create_app(lineage_settings))
    graph = client.get("/api/models/penguin/versions/stable/lineage").json()
    about = graph["nodes"][graph["about"][0]]
    assert (about["type"], about["version"]) == ("ModelVersion", "penguin@1.0.2")
    up = client.get("/api/models/penguin/versions/stable/lineage?direction=upstream&depth=1").json()
    assert 0 < len(up["nodes"]) < len(graph["nodes"])
    told = client.get("/api/impact?subject=artifact:1").json()
    assert {one["version"] for one in told["versions"]} == {"1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4"}


def test_a_metadata_store_that_is_gone_is_said_in_one_line(history: Path, tmp_path: Path) -> None:
    connection = write_metadata(tmp_path / "metadata.sqlite", Registry.open(history))
    client = TestClient(create_app(Settings(root=history, metadata=connection)), base_url="http://127.0.0.1")
    (tmp_path / "metadata.sqlite").unlink()
    answer = client.get("/api/models/penguin/versions/stable/lineage")
    assert answer.status_code == 503
    assert str(tmp_path / "metadata.sqlite") in answer.json()["error"]
    assert client.get("/api/models/penguin/versions/stable").status_code == 200
