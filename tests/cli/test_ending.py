"""How a command ends: exit codes, one line on standard error, and where the registry root comes from."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tfx_hallmark
from tests.cli.conftest import COMPONENTS

HALLMARK = ("-m", "tfx_hallmark.cli.main")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("list", "walrus"), 1, "has no model 'walrus': its models are penguin, seal"),
        (("show", "penguin@9.9.9"), 1, "there is no such version of penguin; the latest is 2.0.0"),
        (("show", "penguin@99"), 1, "there is no such release of penguin"),
        (("show", "penguin@prod"), 1, "nothing has this label (labels in use: canary, stable)"),
        (("show", "penguin"), 2, "'penguin' names no version: write penguin@stable"),
        (("why", "../x@1.0.0"), 2, "model name '../x' cannot be used"),
        (("log", "pen\x1bguin"), 2, "cannot be used"),
        (("list", "--root", "/nonexistent"), 1, "/nonexistent holds no registry"),
    ],
)
def test_errors_are_one_line(hallmark, arguments, code, said):
    done = hallmark(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("hallmark: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_an_error_is_plain_text_with_json_too(hallmark):
    done = hallmark("show", "penguin@9.9.9", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("hallmark: penguin@9.9.9: there is no such version")


@pytest.mark.parametrize(
    "arguments",
    [
        ("lst",),
        ("list", "--limit", "0"),
        ("list", "penguin", "--status", "odd"),
        ("show",),
        ("list", "a", "b"),
        (),
    ],
)
def test_wrong_usage(hallmark, arguments):
    assert hallmark(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["list", "show", "why", "live", "log"])
def test_help_has_examples(hallmark, command):
    done = hallmark(command, "--help")
    assert done.exit_code == 0
    assert f"\n    hallmark {command} " in done.stdout


def test_version(hallmark):
    assert hallmark("--version").stdout == f"hallmark {tfx_hallmark.__version__}\n"


def test_root_from_hallmark_yaml_is_relative_to_it(process, history, tmp_path):
    (tmp_path / "hallmark.yaml").write_text(f"root: {os.path.relpath(history, tmp_path)}\n")
    done = process(*HALLMARK, "list", cwd=tmp_path, environment={"HALLMARK_ROOT": ""})
    assert done.returncode == 0, done.stderr
    assert "penguin" in done.stdout


def test_the_option_wins_over_the_environment_and_that_over_the_file(
    hallmark, history, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hallmark.yaml").write_text("root: from-file\n")
    environment = {"HALLMARK_ROOT": "/from-environment"}
    assert hallmark("list", "--root", str(history), **environment).exit_code == 0
    assert "/from-environment holds no registry" in hallmark("list", **environment).stderr
    assert f"{tmp_path / 'from-file'} holds no registry" in hallmark("list", HALLMARK_ROOT="").stderr


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 2, "no registry root is given: use --root DIR, set HALLMARK_ROOT, or write 'root: DIR'"),
        ("", 2, "names no registry root"),
        ("rot: x\n", 2, "names no registry root"),
        ("root: 7\n", 1, "names no registry root"),
        ("root: [\n", 1, "is no YAML"),
    ],
)
def test_a_root_that_cannot_be_found(hallmark, tmp_path, monkeypatch, content, code, said):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "hallmark.yaml").write_text(content)
    done = hallmark("list", HALLMARK_ROOT="")
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_damaged_log_is_one_line(hallmark, history, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(history, root)
    event = root / ".hallmark" / "penguin" / "log" / f"{3:020d}.json"
    event.write_bytes(event.read_bytes()[:-20])
    shutil.rmtree(root / ".hallmark" / "penguin" / "checkpoint", ignore_errors=True)
    done = hallmark("list", "penguin", "--root", str(root))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"hallmark: event {event} is truncated or was edited")


def test_a_reader_that_goes_away_is_no_error(process):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        done = process(*HALLMARK, "log", "penguin", stdout=nobody)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written(process):
    with Path("/dev/full").open("w") as full:
        done = process(*HALLMARK, "log", "penguin", stdout=full)
    assert (done.returncode, done.stderr) == (1, "hallmark: No space left on device\n")


@pytest.fixture
def interruptible():
    # Whoever was started in a shell's background ignores SIGINT, and so would the command.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupted(tmp_path):
    # A command that waits in the middle, as for a slow disk, is interrupted there.
    fifo = tmp_path / "hallmark.yaml"
    os.mkfifo(fifo)
    environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_ROOT": ""}
    running = subprocess.Popen(
        [sys.executable, *HALLMARK, "list"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    said = None
    with fifo.open("w"):  # opens when the command has opened it to read
        while said is None:
            running.send_signal(signal.SIGINT)
            # One that comes just before the read blocks is seen only after it; a person would press Ctrl-C again.
            with contextlib.suppress(subprocess.TimeoutExpired):
                said = running.communicate(timeout=10)[1]
    assert (running.returncode, said) == (130, "hallmark: interrupted\n")


HEAVY = "tensorflow tfx ml_metadata pydantic numpy apache_beam pandas"
WATCHED = f"""
import sys
sys.argv = ["hallmark", *sys.argv[1:]]
from tfx_hallmark.cli.main import main
try:
    main()
finally:
    print("LOADED", *sorted(set(sys.modules) & set({HEAVY!r}.split() + ["rich.console", "yaml"])), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("list", "penguin"),
        ("show", "penguin@stable"),
        ("why", "penguin@1"),
        ("live", "penguin"),
        ("live", "penguin", "--at", "0m"),
        ("list", "penguin", "--at", "0m"),
        ("log", "penguin"),
        ("log", "penguin", "--since", "1d"),
    ],
)
def test_i12_reading_commands_load_nothing_heavy(process, arguments):
    done = process("-c", WATCHED, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == ["LOADED", "rich.console"]


def test_json_does_not_load_what_only_people_need(process):
    assert process("-c", WATCHED, "list", "--json").stderr.split() == ["LOADED"]


def test_i12_the_package_itself_loads_nothing(process):
    script = (
        "import sys, tfx_hallmark; print(*sorted(name for name in sys.modules if name.startswith('tfx')))"
    )
    assert process("-c", script).stdout.split() == ["tfx_hallmark"]


def test_what_the_package_offers_is_listed_and_found(process):
    script = (
        "import tfx_hallmark; assert 'RegistryPusher' in dir(tfx_hallmark); "
        "from tfx_hallmark import Registry, HallmarkError; print(Registry.__name__, HallmarkError.__name__)"
    )
    assert process("-c", script).stdout.split() == ["Registry", "HallmarkError"]
    done = process("-c", "import tfx_hallmark; tfx_hallmark.Nothing")
    assert "AttributeError: module 'tfx_hallmark' has no attribute 'Nothing'" in done.stderr
