"""`hallmark sync` and `hallmark doctor`, and the synchronisation that follows an operation."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import COMPONENTS
from tests.lineage.history import assert_each_once, write_history
from tests.registry.adopted import writable
from tfx_hallmark.cli import background_sync
from tfx_hallmark.delivery import detached
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.registry.registry import Registry

HALLMARK = [sys.executable, "-m", "tfx_hallmark.cli.main"]


@pytest.fixture
def metadata(tmp_path):
    """An initialised, empty store."""
    file = tmp_path / "metadata.sqlite"
    initialise_store(parse_connection(str(file)))
    return file


@pytest.fixture
def own(root, make_candidate, make_evaluation):
    """A registry of this test's own, with every kind of event."""
    write_history(root, make_candidate, make_evaluation)
    return root


# sync


def test_sync_records_every_model_and_says_so(hallmark, history, metadata):
    registry = Registry.open(history)
    events = {name: registry.model(name).state.seq for name in registry.models()}
    for recorded in (events, dict.fromkeys(events, 0)):
        done = hallmark("sync", "--metadata", str(metadata), "--json")
        assert done.exit_code == 0, done.stderr
        answer = json.loads(done.stdout)
        assert (answer["root"], answer["dry_run"]) == (str(history), False)
        assert {one["model"]: one["recorded"] for one in answer["models"]} == recorded
        assert {one["model"]: one["events"] for one in answer["models"]} == events
    page = hallmark("sync", "penguin", "--metadata", str(metadata))
    expected = f"penguin: {events['penguin']} events, 0 were recorded in the SQLite file {metadata}\n"
    assert (page.exit_code, page.stdout) == (0, expected)


def test_a_dry_run_tells_and_writes_nothing(hallmark, penguin, metadata):
    page = hallmark("sync", "penguin", "--dry-run", "--metadata", str(metadata))
    count = penguin.state.seq
    assert page.stdout.startswith(f"penguin: {count} events, {count} would be recorded")
    assert open_store(parse_connection(str(metadata))).get_context_types() == []


def test_progress_is_told_when_it_takes_long(hallmark, penguin, metadata, monkeypatch):
    monkeypatch.setattr("tfx_hallmark.cli.progress._SECONDS", 0.0)
    done = hallmark("sync", "penguin", "--metadata", str(metadata))
    count = penguin.state.seq
    assert done.stderr == f"penguin: events dealt with: {count} of {count}\n"


def test_sync_without_a_store_is_wrong_usage(hallmark, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = hallmark("sync", HALLMARK_METADATA="")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "hallmark: no metadata store is given: use --metadata STORE, set HALLMARK_METADATA"
    )
    assert done.stderr.count("\n") == 1


def test_a_store_that_is_gone_is_one_line(hallmark, tmp_path):
    done = hallmark("sync", "--metadata", str(tmp_path / "gone.sqlite"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"hallmark: the SQLite file {tmp_path / 'gone.sqlite'} holds no ML Metadata"
    )
    assert not (tmp_path / "gone.sqlite").exists()


# Which store


def test_the_option_wins_over_the_environment_and_that_over_the_file(hallmark, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("option", "environment", "file"):
        initialise_store(parse_connection(str(tmp_path / name)))
    (tmp_path / "hallmark.yaml").write_text("metadata: sqlite:///file\n")

    def store(*arguments, **environment):
        done = hallmark("doctor", "--json", *arguments, **environment)
        return json.loads(done.stdout)["metadata"]

    assert store("--metadata", "option", HALLMARK_METADATA="environment").endswith(f"{tmp_path}/option")
    assert store(HALLMARK_METADATA="environment").endswith(f"{tmp_path}/environment")
    assert store(HALLMARK_METADATA="").endswith(f"{tmp_path}/file")


@pytest.mark.parametrize("content", ["metadata: 7\n", "metadata: ''\n", "metadata: [\n"])
def test_a_settings_file_that_names_no_store_is_one_line(hallmark, tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hallmark.yaml").write_text(content)
    done = hallmark("sync", HALLMARK_METADATA="")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"hallmark: {tmp_path / 'hallmark.yaml'} ")
    assert done.stderr.count("\n") == 1


def test_a_password_on_the_command_line_is_refused_and_not_repeated(hallmark):
    done = hallmark("sync", "--metadata", "mysql://tfx:se%20cret@db/mlmd")
    assert done.exit_code == 1
    assert "leave it out and set HALLMARK_METADATA_PASSWORD" in done.stderr
    assert "cret" not in done.stderr + done.stdout


# doctor


def test_a_healthy_registry_has_no_findings(hallmark, root, three, metadata):
    hallmark("rollback", "penguin", "--root", str(root), "--reason", "a test", HALLMARK_METADATA="")
    hallmark("sync", "--root", str(root), "--metadata", str(metadata))
    for arguments in ((), ("--metadata", str(metadata))):
        done = hallmark("doctor", "--root", str(root), *arguments, HALLMARK_METADATA="")
        assert done.exit_code == 0, done.stdout
        assert done.stdout.endswith(": 0 findings\n")


def test_doctor_names_what_ml_metadata_lacks_and_the_repair_repairs_it(hallmark, history, metadata):
    arguments = ("--metadata", str(metadata))
    done = hallmark("doctor", *arguments, "--json")
    assert done.exit_code == 1
    outnumbered, *findings = json.loads(done.stdout)["findings"]
    assert (outnumbered["code"], outnumbered["where"]) == ("stable-outnumbered", "penguin@1.0.4 release 3")
    assert [(one["code"], one["where"]) for one in findings] == [
        ("not-recorded", "penguin"),
        ("not-recorded", "seal"),
    ]
    assert findings[0]["repair"] == "hallmark sync penguin"
    page = hallmark("doctor", *arguments)
    assert (page.exit_code, "repair: hallmark sync seal" in page.stdout) == (1, True)
    for one in findings:
        assert hallmark(*one["repair"].split()[1:], *arguments).exit_code == 0
    (left,) = json.loads(hallmark("doctor", *arguments, "--json").stdout)["findings"]
    assert left == outnumbered


def test_doctor_names_what_is_wrong_on_the_disk(hallmark, root, three):
    shutil.rmtree(writable(root / "penguin" / "1"))
    (root / "penguin" / "12").mkdir()
    (root / "penguin" / "notes.txt").touch()
    done = hallmark("doctor", "--root", str(root), "--json", HALLMARK_METADATA="")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert answer["metadata"] is None
    told = [(one["code"], one["where"], one["what"]) for one in answer["findings"]]
    base = root / "penguin"
    assert told == [
        (
            "release-missing",
            "penguin@1.0.0 release 1",
            f"the log has release 1, but {base / '1'} is not there",
        ),
        ("foreign-entry", "penguin", f"{base / '12'} was not put there by hallmark"),
        ("foreign-entry", "penguin", f"{base / 'notes.txt'} was not put there by hallmark"),
    ]


def test_doctor_names_a_damaged_log_and_goes_on(hallmark, own, metadata, make_candidate):
    Registry.open(own).model("seal").tag(make_candidate(1))
    event = own / ".hallmark" / "penguin" / "log" / f"{3:020d}.json"
    event.write_bytes(event.read_bytes()[:-20])
    done = hallmark("doctor", "--root", str(own), "--metadata", str(metadata), "--json")
    findings = json.loads(done.stdout)["findings"]
    assert [(one["code"], one["where"]) for one in findings] == [
        ("log-damaged", "penguin"),
        ("not-recorded", "seal"),
    ]
    assert str(event) in findings[0]["what"]


def test_doctor_changes_nothing(hallmark, own, metadata):
    def content():
        return {path: path.stat().st_mtime_ns for path in (*own.rglob("*"), metadata)}

    before = content()
    assert hallmark("doctor", "--root", str(own), "--metadata", str(metadata)).exit_code == 1
    assert content() == before


# The synchronisation after an operation


def operate(root, metadata, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_METADATA": str(metadata)}
    command = [*HALLMARK, *arguments, "--root", str(root), "--reason", "a test"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def log(own):
    """Gives what the synchronisation prints, once it has ended: it writes to a pipe instead of a file."""
    pipe = own / ".hallmark" / "penguin" / "sync.log"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)

    def read():
        with os.fdopen(reading) as lines:
            return lines.read()

    return read


def test_i11_an_operation_is_in_ml_metadata_without_another_command(own, metadata, log):
    done = operate(own, metadata, "quarantine", "penguin@1.0.1")
    assert done.returncode == 0, done.stderr
    assert log().startswith("penguin: ")
    assert_each_once(Registry.open(own).model("penguin"), open_store(parse_connection(str(metadata))))


def test_an_operation_never_fails_for_ml_metadata(own, tmp_path, log):
    done = operate(own, tmp_path / "gone.sqlite", "quarantine", "penguin@1.0.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert log().startswith(f"hallmark: the SQLite file {tmp_path / 'gone.sqlite'} holds no ML Metadata")


def test_without_a_store_nothing_is_started(own, tmp_path):
    operate(own, "", "quarantine", "penguin@1.0.1")
    assert not (own / ".hallmark" / "penguin" / "sync.log").exists()


def test_where_its_log_cannot_be_written_it_runs_without(own, metadata, monkeypatch):
    (own / ".hallmark" / "penguin" / "sync.log").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))
    background_sync.start_sync(own, "penguin", metadata=str(metadata))
    assert detached.started.pop().wait() == 0
    assert_each_once(Registry.open(own).model("penguin"), open_store(parse_connection(str(metadata))))


def test_a_relative_path_means_the_same_to_the_process_that_is_started(own, metadata, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))
    monkeypatch.chdir(metadata.parent)
    (metadata.parent / "hallmark.yaml").write_text(f"metadata: {metadata.name}\n")
    monkeypatch.delenv("HALLMARK_METADATA", raising=False)
    background_sync.start_sync(Path(os.path.relpath(own)), "penguin")
    assert detached.started.pop().wait() == 0
    assert_each_once(Registry.open(own).model("penguin"), open_store(parse_connection(str(metadata))))


def test_its_log_does_not_grow_for_ever(own, metadata, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))
    file = own / ".hallmark" / "penguin" / "sync.log"
    file.write_text("x" * 200_000)
    for _ in range(2):
        background_sync.start_sync(own, "penguin", metadata=str(metadata))
        detached.started.pop().wait()
    lines = file.read_text().splitlines()
    # More than two only where the machine is so busy that they tell how far they have come.
    assert 2 <= len(lines) < 50
    assert {line.split(":")[0] for line in lines} == {"penguin"}


def test_i12_starting_it_imports_nothing_heavy(process, own, metadata):
    script = (
        "import sys; from pathlib import Path; from tfx_hallmark.cli import background_sync as b; "
        "from tfx_hallmark.delivery import detached as d; "
        f"b.start_sync(Path({str(own)!r}), 'penguin', metadata={str(metadata)!r}); "
        "print(len(d.started), *sys.modules); d.started[0].wait()"
    )
    count, *loaded = process("-c", script).stdout.split()
    assert count == "1"
    assert not {name.split(".")[0] for name in loaded} & {"ml_metadata", "tensorflow", "numpy", "yaml"}
