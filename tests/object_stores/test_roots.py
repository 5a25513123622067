"""What names a root in an object store, and the commands with such a URL."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.errors import ConfigError, NotFoundError, StorageError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import StoreUrl, absolute_root, is_url, local_path, parse_root

Run = Callable[..., Any]


@pytest.fixture
def run(root: StoreUrl) -> Run:
    """Runs a command on the root of this test: arguments -> result with .exit_code .stdout .stderr."""

    def runs(*arguments: str, **environment: str | None) -> Any:
        env = {"HALLMARK_ROOT": str(root), "COLUMNS": None, **environment}
        return CliRunner(env=env).invoke(app, list(arguments))

    return runs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("S3://bucket/prefix/", "s3://bucket/prefix"),
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket//a///b", "s3://bucket/a/b"),
        ("gs://bucket/prefix", "gs://bucket/prefix"),
        ("az://container/prefix", "az://container/prefix"),
        ("memory:///name", "memory:///name"),
        ("memory://name", "memory:///name"),
    ],
)
def test_a_url_has_one_form(text: str, shown: str) -> None:
    root = parse_root(text)
    assert isinstance(root, StoreUrl)
    assert str(root) == shown
    assert root == parse_root(shown)
    assert hash(root) == hash(parse_root(shown))
    assert absolute_root(text) == root
    assert parse_root(root) is root


def test_a_directory_is_no_url(tmp_path: Path) -> None:
    assert parse_root(str(tmp_path)) == tmp_path
    assert parse_root(tmp_path) == tmp_path
    assert not is_url("s3/bucket")
    assert absolute_root("serving") == Path.cwd() / "serving"
    assert absolute_root(Path("what?#")) == Path.cwd() / "what?#"
    assert local_path("s3://bucket/1") is None
    assert local_path("/srv/1") == Path("/srv/1")


@pytest.mark.parametrize(
    "text", ["s3://", "s3:///", "://bucket", "gs://", "s3://bucket/..", "s3://bucket/a/../b", "s3://./a"]
)
def test_a_url_that_names_no_bucket_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_root(text)
    assert "\n" not in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "text", ["s3://bucket/prefix?region=x", "s3://bucket/a#b", "memory:///a?b", "gs://b?"]
)
def test_a_root_with_what_a_client_takes_for_a_query_is_refused(text: str) -> None:
    for parse in (parse_root, absolute_root, Registry, Registry.create, Registry.open):
        with pytest.raises(ConfigError) as caught:
            parse(text)
        assert "\n" not in str(caught.value)
        assert "'?'" in str(caught.value)


def test_a_key_under_a_root_may_have_what_a_root_may_not(root: StoreUrl) -> None:
    assert str(root / "penguin/1/assets/what?#.txt").endswith("/penguin/1/assets/what?#.txt")
    assert (root / "a?b").parent == root


def test_a_model_with_such_files_is_published_and_verified(
    model: Model, make_candidate: Callable[[int], Path], look: Callable[[], dict[str, bytes]]
) -> None:
    candidate = make_candidate(1)
    (candidate / "assets").mkdir(exist_ok=True)
    names = ("what?.txt", "num#ber", "a b", "percent%20", "ünïcode")
    for name in names:
        (candidate / "assets" / name).write_text(name)
    version = model.tag(candidate).version
    model.push_unchecked(candidate, version, reason="a test")
    there = look()
    assert {name: there[f"penguin/1/assets/{name}"].decode() for name in names} == {
        name: name for name in names
    }
    assert model.verify() == ()
    model.push_unchecked(make_candidate(2), model.tag(make_candidate(2)).version, reason="a test")
    model.rollback(reason="a test")
    assert look()["penguin/3/assets/what?.txt"] == b"what?.txt"


def test_a_registry_that_is_not_there_is_not_found(url: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        Registry.open(url)
    assert url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_registry_is_made_once(url: str) -> None:
    assert Registry.create(url).models() == []
    assert Registry.create(url).models() == []
    assert Registry.open(url).models() == []


@pytest.mark.parametrize(
    "text",
    ["http://host/path", "https://host", "ftp://host/path", "file:///srv/models", "nothing://bucket/a"],
)
def test_a_url_of_no_store_is_refused_in_one_line(text: str) -> None:
    done = CliRunner(env={"HALLMARK_ROOT": None}).invoke(app, ["list", "--root", text])
    assert done.exit_code != 0
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith(("Error: ", "hallmark: "))]
    assert len(errors) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["s3://", "s3://bucket/../x", "s3://bucket/a?b", "s3://bucket/a#b"])
@pytest.mark.parametrize("command", [("list",), ("rollback", "penguin", "--reason", "x"), ("doctor",)])
def test_a_command_with_a_url_that_can_be_no_root_says_so_in_one_line(
    text: str, command: tuple[str, ...]
) -> None:
    done = CliRunner(env={"HALLMARK_ROOT": None}).invoke(app, [*command, "--root", text])
    assert done.exit_code != 0
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith(("Error: ", "hallmark: "))]
    assert len(errors) == 1
    assert text in errors[0]


@pytest.mark.slow
def test_a_bucket_that_is_not_there_is_one_line(s3_root: str) -> None:
    wrong = "s3://" + "no-such-bucket-" + s3_root.split("/")[2][-12:] + "/prefix"
    with pytest.raises((StorageError, NotFoundError)) as caught:
        Registry.open(wrong)
    assert "\n" not in str(caught.value)
    with pytest.raises(StorageError) as told:
        Registry.create(wrong)
    assert "\n" not in str(told.value)


def test_every_question_is_answered_of_a_url(three: list[str], run: Run, root: StoreUrl) -> None:
    for arguments in (
        ["list"],
        ["list", "penguin"],
        ["show", "penguin@stable"],
        ["why", "penguin@stable"],
        ["log", "penguin"],
        ["live", "penguin"],
        ["compare", f"penguin@{three[0]}", f"penguin@{three[1]}"],
        ["verify", "penguin"],
        ["audit", "penguin"],
        ["doctor"],
        ["config"],
        ["card", "penguin@stable"],
    ):
        done = run(*arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), arguments
        assert (done.exit_code, done.stderr) == (0, ""), arguments
        assert done.stdout, arguments


def test_answers_as_json_name_urls(three: list[str], run: Run, root: StoreUrl) -> None:
    shown = json.loads(run("show", "penguin@stable", "--json").stdout)
    assert f"{root}/penguin/3" in json.dumps(shown)
    live = json.loads(run("live", "penguin", "--json").stdout)
    assert three[2] in json.dumps(live)


def test_operations_are_commanded_with_a_url(model: Model, three: list[str], run: Run) -> None:
    for arguments, stable in (
        (["rollback", "penguin"], three[1]),
        (["promote", f"penguin@{three[2]}", "--to", "stable", "--force"], three[2]),
        (["quarantine", f"penguin@{three[2]}"], three[1]),
        (["unquarantine", f"penguin@{three[2]}"], three[1]),
        (["hold", f"penguin@{three[0]}"], three[1]),
        (["unhold", f"penguin@{three[0]}"], three[1]),
        (["annotate", f"penguin@{three[0]}", "--label", "ticket=A-7"], three[1]),
        (["prune", "penguin", "--keep-last", "2"], three[1]),
    ):
        seen = model.state.seq
        rehearsed = run(*arguments, "--reason", "a test", "--dry-run")
        assert (rehearsed.exit_code, model.state.seq) == (0, seen), rehearsed.stderr
        done = run(*arguments, "--reason", "a test")
        assert done.exit_code == 0, done.stderr
        assert model.version("stable").version == stable, arguments


def test_a_settings_file_may_name_a_url(
    three: list[str], root: StoreUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hallmark.yaml").write_text(f"root: {root}\n")
    monkeypatch.chdir(tmp_path)
    done = CliRunner(env={"HALLMARK_ROOT": None}).invoke(app, ["live", "penguin", "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert three[2] in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["candidates", "hallmark.yaml"]


def test_nothing_is_imported_into_a_url_and_nothing_exported_from_one(
    three: list[str], run: Run, tmp_path: Path, look: Callable[[], dict[str, bytes]]
) -> None:
    archive = tmp_path / "penguin.hallmark"
    before = look()
    done = run("export", "penguin", "--out", str(archive))
    assert done.exit_code == 1
    assert done.stderr.startswith("hallmark: ")
    assert done.stderr.count("\n") == 1
    assert not archive.exists()
    archive.write_bytes(b"")
    done = run("import", str(archive))
    assert done.exit_code == 1
    assert done.stderr.startswith("hallmark: ")
    assert done.stderr.count("\n") == 1
    assert look() == before


def test_a_server_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import socket
    from datetime import timedelta

    from tfx_hallmark.registry.object_stores import bucket

    with socket.socket() as taken:  # bound and not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        given = {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{taken.getsockname()[1]}",
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setitem(bucket._RETRIES, "max_retries", 0)
        monkeypatch.setitem(bucket._RETRIES, "retry_timeout", timedelta(seconds=1))
        with pytest.raises(StorageError) as caught:
            Registry.open("s3://bucket/prefix")
    assert "\n" not in str(caught.value)
    assert "s3://bucket/prefix" in str(caught.value)
