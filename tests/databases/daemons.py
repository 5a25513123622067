"""Starts a program that serves a port, waits until it answers, and stops it whatever happens to the tests."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30
ATTEMPTS = 5


class DaemonError(Exception):
    """A program that is not there, or did not do what it should; says what it printed."""


class Home(msgspec.Struct, frozen=True):
    """A folder for one server's files, and who runs the server.

    Attributes:
        folder: Only the account can enter it.
        account: User and group number to become; None to stay who we are, as everybody but root must.
    """

    folder: Path
    account: tuple[int, int] | None

    def command(self, arguments: Sequence[str], *, end_with_us: signal.Signals | None = None) -> list[str]:
        """Gives the command line that runs a program as the account.

        Args:
            arguments: Program and arguments.
            end_with_us: The signal that the kernel sends to the program when the tests die, even by kill -9.
        """
        become = []
        if self.account:
            become = [f"--reuid={self.account[0]}", f"--regid={self.account[1]}", "--clear-groups"]
        follow = [f"--pdeathsig={end_with_us.name.removeprefix('SIG')}"] if end_with_us else []
        return ["setpriv", *become, *follow, "--", *arguments] if become or follow else list(arguments)

    def run(self, *arguments: str) -> str:
        """Runs a program as the account and gives what it printed.

        Raises:
            DaemonError: If it fails.
        """
        done = subprocess.run(
            self.command(arguments), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )  # fmt: skip
        if done.returncode:
            msg = f"{Path(arguments[0]).name} failed ({done.returncode}): {done.stdout}"
            raise DaemonError(msg)
        return done.stdout


@contextlib.contextmanager
def home() -> Iterator[Home]:
    """Makes an empty folder, and deletes it in the end.

    Database servers refuse to run as root, so root's are nobody's. The folder lies beside pytest's folders, not
    in them: nobody cannot enter those, and the name of a Unix socket has to be short.
    """
    with tempfile.TemporaryDirectory(prefix="hallmark-", ignore_cleanup_errors=True) as made:
        if os.geteuid():
            yield Home(Path(made), None)
            return
        nobody = pwd.getpwnam("nobody")
        os.chown(made, nobody.pw_uid, nobody.pw_gid)
        yield Home(Path(made), (nobody.pw_uid, nobody.pw_gid))


def program(name: str) -> str:
    """Gives the path of a server program, which need not be on PATH.

    Raises:
        DaemonError: If it is not installed.
    """
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", *map(str, reversed(beside))])
    found = shutil.which(name, path=search)
    if found is None:
        msg = f"{name} is not installed; run: sh .ci/system-packages"
        raise DaemonError(msg)
    return found


@contextlib.contextmanager
def serving(
    where: Home,
    *,
    server: Callable[[int], Sequence[str]],
    probe: Callable[[int], Sequence[str]],
    stop: signal.Signals,
) -> Iterator[int]:
    """Runs a server on a free port and yields the port once it answers.

    A port can be known to be free only by taking it, so a server that cannot have the one it was given is
    started anew with another.

    Args:
        where: The server's files, and who runs it.
        server: Gives the command line for a port; the program must stay in the foreground.
        probe: Gives a command line that succeeds once the server on this port answers, by a socket in that folder,
            where nobody else's server can answer.
        stop: The signal that ends it and its connections in good order.

    Raises:
        DaemonError: If it does not start.
    """
    log = where.folder / "log"
    for _ in range(ATTEMPTS):
        port = _free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                where.command(server(port), end_with_us=stop), cwd=where.folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            if _answers(process, where.command(probe(port))):
                yield port
                return
        finally:
            _end(process, stop)
        if "already in use" not in log.read_text(errors="replace"):
            break
    msg = f"{Path(server(0)[0]).name} did not start: {log.read_text(errors='replace')[-3000:]}"
    raise DaemonError(msg)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return taken.getsockname()[1]


def _answers(process: subprocess.Popen[bytes], probe: Sequence[str]) -> bool:
    """Waits until a server answers, ends, or has had its time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            return False
    return False


def _end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    process.send_signal(stop)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
