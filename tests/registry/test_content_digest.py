import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_hallmark.registry.copy import copy_tree
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.tree import HALLMARK_FILE, FileEntry, combine, digest_tree

PARTS = st.text("ab.é", min_size=1, max_size=3).filter(lambda part: part not in (".", ".."))
ENTRIES = st.builds(
    FileEntry, PARTS, st.integers(0, 9), st.text("0123456789abcdef", min_size=64, max_size=64)
)


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


FILES = {
    "saved_model.pb": b"graph",
    "fingerprint.pb": b"",
    "variables/variables.index": b"index",
    "variables/variables.data-00000-of-00001": bytes(range(256)) * 100,
    "assets/deep/er/vocabulary.txt": b"a\nb\n",
    "assets.extra/tf_serving_warmup_requests": b"warm",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "tree", FILES)


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@given(st.lists(ENTRIES, unique_by=lambda entry: entry.path), st.randoms())
def test_the_digest_does_not_depend_on_the_order_of_the_files(
    entries: list[FileEntry], random: object
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert combine(shuffled) == combine(entries)


@given(st.lists(ENTRIES, unique_by=lambda entry: entry.path, max_size=3), st.lists(ENTRIES, max_size=3))
def test_two_lists_of_files_have_one_digest_only_if_they_are_equal(
    one: list[FileEntry], two: list[FileEntry]
) -> None:
    same = sorted(one, key=lambda entry: entry.path) == sorted(two, key=lambda entry: entry.path)
    assert (combine(one).digest == combine(two).digest) == same


def test_the_digest_is_blake3_over_paths_sizes_and_digests(tree: Path) -> None:
    found = digest_tree(tree)
    lines = "".join(
        f"{name}\0{len(data)}\0{blake3(data).hexdigest()}\n" for name, data in sorted(FILES.items())
    )
    assert found.digest == f"b3:{blake3(lines.encode()).hexdigest()}"
    assert found.size == sum(map(len, FILES.values()))
    assert [file.path for file in found.files] == sorted(FILES)


def test_i8_only_what_hallmark_adds_is_left_out(tree: Path) -> None:
    before = digest_tree(tree).digest
    write(tree, {HALLMARK_FILE: b"{}"})
    assert digest_tree(tree).digest == before
    for other in ("hallmark.json", f"{HALLMARK_FILE}2", "assets/hallmark.json", f"a/{HALLMARK_FILE}"):
        write(tree, {other: b"{}"})
        assert digest_tree(tree).digest != before
        (tree / other).unlink()
    assert digest_tree(tree).digest == before


def test_every_flipped_byte_is_found(tree: Path) -> None:
    before = digest_tree(tree).digest
    for name, data in FILES.items():
        for at in {0, len(data) // 2, len(data) - 1} if data else ():
            (tree / name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert digest_tree(tree).digest != before, f"{name} at {at}"
        (tree / name).write_bytes(data)
    assert digest_tree(tree).digest == before


def test_a_file_added_removed_renamed_or_swapped_is_found(tree: Path) -> None:
    digests = {digest_tree(tree).digest}
    write(tree, {"empty": b""})
    digests.add(digest_tree(tree).digest)
    (tree / "empty").rename(tree / "void")
    digests.add(digest_tree(tree).digest)
    (tree / "void").unlink()
    (tree / "fingerprint.pb").unlink()
    digests.add(digest_tree(tree).digest)
    write(tree, {"fingerprint.pb": b"graph", "saved_model.pb": b""})
    digests.add(digest_tree(tree).digest)
    assert len(digests) == 5


@pytest.mark.parametrize("size", [0, 1, 8 * 2**20 - 1, 8 * 2**20, 8 * 2**20 + 1, 19 * 2**20])
def test_a_file_of_any_size_has_its_blake3_in_place_and_copied(tmp_path: Path, size: int) -> None:
    data = os.urandom(1 << 20) * (size // 2**20) + os.urandom(size % 2**20)
    tree = write(tmp_path / "tree", {"big": data})
    copied = copy_tree(tree, tmp_path / "copy")
    assert copied.files == (FileEntry("big", size, blake3(data).hexdigest()),)
    assert digest_tree(tree) == copied
    assert (tmp_path / "copy/big").read_bytes() == data


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.lists(PARTS, min_size=1, max_size=3).map(tuple), st.binary(max_size=50), max_size=8)
)
def test_i8_a_copy_has_the_digest_of_what_it_was_copied_from(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, ...], bytes]
) -> None:
    folders = {path[:depth] for path in files for depth in range(1, len(path))}
    prefix_free = {"/".join(path): data for path, data in files.items() if path not in folders}
    work = tmp_path_factory.mktemp("copies")
    (work / "tree").mkdir()
    tree = write(work / "tree", prefix_free)
    assert copy_tree(tree, work / "copy") == digest_tree(tree) == digest_tree(work / "copy")
    assert content(work / "copy") == prefix_free
    shutil.rmtree(work)


def test_links_inside_the_model_become_files(tree: Path, tmp_path: Path) -> None:
    (tree / "link").symlink_to("variables/variables.index")
    (tree / "assets/absolute").symlink_to(tree / "saved_model.pb")
    os.link(tree / "saved_model.pb", tree / "hard")
    copied = copy_tree(tree, tmp_path / "copy")
    assert copied == digest_tree(tree)
    assert not any(path.is_symlink() for path in (tmp_path / "copy").rglob("*"))
    assert (tmp_path / "copy/link").read_bytes() == b"index"
    assert (tmp_path / "copy/assets/absolute").read_bytes() == b"graph"
    assert (tmp_path / "copy/hard").stat().st_ino != (tree / "hard").stat().st_ino


def test_a_model_reached_by_a_link_is_copied_like_any_other(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(tree)
    assert copy_tree(tmp_path / "latest", tmp_path / "copy") == digest_tree(tree)


def test_read_only_files_are_copied_and_every_copy_is_read_only(tree: Path, tmp_path: Path) -> None:
    for path in tree.rglob("*"):
        if path.is_file():
            path.chmod(0o400)
    mask = os.umask(0o077)
    try:
        copy_tree(tree, tmp_path / "copy")
    finally:
        os.umask(mask)
    assert content(tmp_path / "copy") == FILES
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert modes == {0o444}, "TF Serving often runs as another user"


def test_what_hallmark_added_to_a_release_is_not_copied_with_it(tree: Path, tmp_path: Path) -> None:
    write(tree, {HALLMARK_FILE: b"{}"})
    assert copy_tree(tree, tmp_path / "copy") == digest_tree(tree)
    assert not (tmp_path / "copy" / HALLMARK_FILE).exists()


def test_a_thousand_files_are_copied(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {f"assets/{n % 10}/{n}": b"%d" % n for n in range(1000)})
    assert copy_tree(tree, tmp_path / "copy") == digest_tree(tree)


def test_what_is_no_file_is_refused(tree: Path, tmp_path: Path) -> None:
    os.mkfifo(tree / "assets/pipe")
    with pytest.raises(InvalidModelError, match="assets/pipe is no regular file"):
        copy_tree(tree, tmp_path / "copy")
    (tree / "assets/pipe").unlink()
    (tree / "assets/loop").symlink_to("deep")
    with pytest.raises(InvalidModelError, match="assets/loop is no regular file"):
        digest_tree(tree)
    assert not (tmp_path / "copy").exists()


HASH_FORK_HASH = """
import os, signal, sys
from pathlib import Path
from tfx_hallmark.registry.tree import digest_tree

tree = Path(sys.argv[1])
before = digest_tree(tree)
if os.fork() == 0:
    signal.alarm(5)
    os._exit(digest_tree(tree) != before)
sys.exit(os.wait()[1])
"""


def test_a_process_forked_after_hashing_can_hash_too(tmp_path: Path) -> None:
    # Threads do not live on in a fork: a hash that waits for its parent's threads would never end.
    tree = write(tmp_path / "tree", {"big": bytes(2**24)})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = subprocess.run([sys.executable, "-c", HASH_FORK_HASH, str(tree)], env=environment, check=False)
    assert ended.returncode == 0
