"""The emulator follows TF Serving's rules; otherwise what is tested with it would mean nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("tensorflow_serving")

from tests.serving.emulator import LabelsServer, LatestServer, Refused
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.serving.server_config_text import Entry, ServerConfigText


def say(file: Path, base: Path, versions: tuple[int, ...], **labels: int) -> None:
    """Writes a file as a hasty operator would, in one step."""
    entry = Entry(base_path=str(base), versions=versions, labels=labels)
    file.write_text(ServerConfigText("", str(file)).with_entry("penguin", entry))


@pytest.fixture
def server(model: Model, three: list[str], tmp_path: Path) -> LabelsServer:
    """A server that has loaded release 1, as stable, from a file of its own."""
    say(tmp_path / "models.config", model.path, (1,), stable=1)
    started = LabelsServer(tmp_path / "models.config", "penguin")
    started.poll()
    return started


def test_a_label_on_what_is_not_loaded_makes_the_server_refuse_the_file(
    server: LabelsServer, model: Model, tmp_path: Path
) -> None:
    say(tmp_path / "models.config", model.path, (1, 2), stable=2)
    with pytest.raises(Refused, match="stable to version 2"):
        server.poll()
    assert (set(server.loaded), server.labels) == ({1}, {"stable": 1})


def test_a_label_on_what_was_loaded_before_moves(server: LabelsServer, model: Model, tmp_path: Path) -> None:
    say(tmp_path / "models.config", model.path, (1, 2), stable=1)
    server.poll()
    say(tmp_path / "models.config", model.path, (2,), stable=2)
    server.poll()
    assert (set(server.loaded), server.labels) == ({2}, {"stable": 2})


def test_a_listed_version_that_is_not_there_is_an_error(
    server: LabelsServer, model: Model, tmp_path: Path
) -> None:
    say(tmp_path / "models.config", model.path, (1, 9), stable=1)
    with pytest.raises(AssertionError, match="version 9 is listed and not there"):
        server.poll()


def test_the_highest_number_serves_as_a_number_and_not_as_a_text(
    model: Model, publish: Callable[..., str]
) -> None:
    for number in range(1, 12):
        publish(number)
    server = LatestServer(model.path)
    server.poll()
    assert server.served == 11
    assert set(server.loaded) == {11}


@pytest.mark.parametrize("name", ["007", "+7", "7"])
def test_a_directory_without_a_model_cannot_be_loaded(model: Model, three: list[str], name: str) -> None:
    (model.path / name).mkdir()
    with pytest.raises(OSError, match=r"saved_model\.pb"):
        LatestServer(model.path).poll()


def test_names_that_are_no_numbers_are_passed_over(model: Model, three: list[str]) -> None:
    for name in (".staging-x", "7.tmp", "_registry", "v9"):
        (model.path / name).mkdir()
    server = LatestServer(model.path)
    server.poll()
    assert server.served == 3
