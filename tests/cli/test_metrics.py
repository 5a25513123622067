"""`hallmark metrics`: what the page tells Prometheus, on standard output or in a file, whole."""

import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tests.dashboard.scraped import Read, Scraped, page_over
from tests.registry.adopted import writable
from tfx_hallmark.cli.main import app

TOOK = ("hallmark_scrape_duration_seconds", frozenset[tuple[str, str]]())


def run(root: Path, *arguments: str) -> Any:
    return CliRunner(env={"HALLMARK_ROOT": str(root)}).invoke(app, ["metrics", *arguments])


def without_time(read: Read) -> dict[Any, float]:
    return {key: value for key, value in read.series.items() if key != TOOK}


def test_it_prints_what_the_page_answers_and_changes_nothing(history: Path) -> None:
    before = listing(history)
    done = run(history)
    assert (done.exit_code, done.stderr) == (0, "")
    printed = Read(done.stdout)
    assert printed.info("hallmark_live_version_info")["version"]
    assert TOOK in printed.series
    assert without_time(printed) == without_time(Scraped(page_over(history)))
    assert listing(history) == before


def test_the_file_is_replaced_as_a_whole_and_others_may_read_it(history: Path, tmp_path: Path) -> None:
    folder = tmp_path / "textfile"
    file = folder / "hallmark.prom"
    for _ in range(2):
        done = run(history, "-o", str(file))
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        assert without_time(Read(file.read_text())) == without_time(Read(run(history).stdout))
        # node_exporter takes up every *.prom, and runs as a user of its own.
        assert [path.name for path in folder.iterdir()] == ["hallmark.prom"]
        assert file.stat().st_mode & stat.S_IROTH


def test_where_nothing_can_be_read_the_file_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "hallmark.prom"
    file.write_text("before")
    done = run(tmp_path / "missing", "-o", str(file))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert file.read_text() == "before"


def test_a_file_that_cannot_be_written_is_one_line(history: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(history, "-o", str(tmp_path / "file/hallmark.prom"))
    assert done.exit_code == 1
    assert done.stderr.startswith("hallmark: ")
    assert done.stderr.count("\n") == 1


def test_a_damaged_model_is_told_and_is_no_failure(history: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(history, tmp_path / "root"))
    event = writable(root / ".hallmark/penguin/log") / f"{3:020d}.json"
    event.write_bytes(event.read_bytes()[:-20])
    shutil.rmtree(root / ".hallmark/penguin/checkpoint", ignore_errors=True)
    done = run(root)
    assert (done.exit_code, done.stderr) == (0, "")
    assert Read(done.stdout).value("hallmark_unreadable_records", record="log") == 1


def test_without_the_library_it_says_what_to_install(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("tfx_hallmark.dashboard.metrics")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    done = run(history)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "pip install 'tfx-hallmark[ui]'" in line
