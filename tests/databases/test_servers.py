"""The tests' own servers: nothing of them is left when the tests end, however they end."""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.databases import servers

ROOT = Path(__file__).parents[2]

_START = """
import sys
from tests.databases import servers
with getattr(servers, sys.argv[1])() as server:
    print(server.execute(sys.argv[2]).strip(), flush=True)
    sys.stdin.read()
"""
FOLDER = {
    "mariadb": "SELECT TRIM(TRAILING '/data/' FROM @@datadir)",
    "postgresql": "SELECT regexp_replace(setting, '/data$', '') FROM pg_settings WHERE name = 'data_directory'",
}


@pytest.fixture(params=["mariadb", "postgresql"])
def started(request):
    """A process that runs a server, and the folder of the server."""
    process = subprocess.Popen(
        [sys.executable, "-c", _START, request.param, FOLDER[request.param]],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    folder = Path(process.stdout.readline().strip())
    # A server that did not start says nothing: then the folder would be this one, and be deleted.
    assert folder.parent == Path(tempfile.gettempdir()), f"the server did not start: {folder}"
    assert folder.name.startswith("hallmark-")
    yield process, folder
    process.kill()
    process.communicate()
    shutil.rmtree(folder, ignore_errors=True)


def processes_in(folder):
    """Watches for the end of every process that works in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(os.pidfd_open(int(entry.name)))
            except OSError:
                continue
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_server_ends_with_the_process_that_started_it(started, how):
    process, folder = started
    watched = processes_in(folder)
    assert watched
    process.send_signal(how)
    process.wait(60)
    for one in watched:
        assert select.select([one], [], [], 60)[0], "still running"
        os.close(one)
    assert folder.exists() == (how == signal.SIGKILL)


def test_a_port_that_is_taken_meanwhile_is_replaced(monkeypatch, mysql_server):
    from tests.databases import daemons

    free_port, given = daemons._free_port, [mysql_server.port]
    monkeypatch.setattr(daemons, "_free_port", lambda: given.pop() if given else free_port())
    with servers.mariadb() as other:
        assert not given
        assert other.port != mysql_server.port
        assert other.execute("SELECT 1").strip() == "1"
