"""What can be known of the image without building it."""

import fnmatch
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, set[str]]:
    """The packages of a lock file, `name==version`, and the hashes of each."""
    text = re.sub(r"\\\n\s+", "", (ROOT / name).read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return {line.partition(" ;")[0]: set(re.findall(r"--hash=(\S+)", line)) for line in lines}


def test_the_image_has_what_was_tested() -> None:
    image, tested = pins("requirements-image.lock"), pins("requirements.lock")

    assert {pin for pin, hashes in image.items() if tested.get(pin) != hashes} == set()


def test_the_image_has_what_components_need_and_not_the_tools() -> None:
    names = {pin.partition("==")[0] for pin in pins("requirements-image.lock")}

    assert {
        "tfx",
        "tensorflow",
        "ml-metadata",
        "kfp-pipeline-spec",
        "blake3",
        "setuptools",
        "wheel",
        "pip",
    } <= names
    assert not {name for name in names if re.match("apache-airflow|pytest|mypy|ruff|hypothesis", name)}


def test_the_build_finds_what_it_copies() -> None:
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    let_in = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]

    names = {name for line in sources for name in line.split()}

    assert names == set(let_in)
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_user_is_a_number_that_is_not_root() -> None:
    """Kubernetes cannot tell whether a name is root's."""
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, flags=re.MULTILINE)

    assert [int(user) > 0 for user in users] == [True]


def test_module_files_are_where_the_spec_names_them() -> None:
    """Specs name them from the working directory, where the configurations expect the data too."""
    [workdir] = re.findall(r"^WORKDIR (\S+)$", DOCKERFILE.rpartition("\nFROM ")[2], flags=re.MULTILINE)

    assert "\nCOPY pipeline pipeline\n" in DOCKERFILE.rpartition("\nFROM ")[2]
    for config in ("kubeflow.yaml", "vertex.yaml"):
        text = (ROOT / "configs" / config).read_text(encoding="utf-8")
        folder = re.search(r"^  folder: (\S+)", text, flags=re.MULTILINE)[1]
        assert fnmatch.fnmatch(folder, f"{workdir}/*")
        assert (ROOT / Path(folder).relative_to(workdir)).is_dir()
