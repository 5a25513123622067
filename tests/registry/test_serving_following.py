"""How `models.config` follows the labels: its file, its steps, and several writers at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.config_findings import config_faults
from tfx_hallmark.registry.serving.server_config import LocalConfigFile

Publish = Callable[..., str]


@pytest.fixture(autouse=True)
def labels(root: Path) -> None:
    """The root has the policy `labels`, and its servers see it as `/models`."""
    set_in(root, serving_policy="labels", serving_root="/models/")


def test_the_file_becomes_what_the_docs_show(root: Path, model: Model, publish: Publish) -> None:
    for number in (1, 2):
        publish(number)
        model.serving.apply()
        model.serving.apply()
    publish(3)
    assert (root / "models.config").read_text() == (
        "model_config_list {\n"
        "  config {\n"
        '    name: "penguin"\n'
        '    base_path: "/models/penguin"\n'
        '    model_platform: "tensorflow"\n'
        "    model_version_policy {\n"
        "      specific {\n"
        "        versions: 2\n"
        "        versions: 3  # loading\n"
        "      }\n"
        "    }\n"
        "    version_labels {\n"
        '      key: "stable"\n'
        "      value: 2\n"
        "    }\n"
        "  }\n"
        "}\n"
    )


def test_a_push_takes_the_first_step_and_says_what_is_left(
    model: Model, make_candidate: Callable[[int], Path]
) -> None:
    version = model.tag(make_candidate(1)).version
    following = model.push_unchecked(make_candidate(1), version, reason="a test").serving
    assert following is not None
    assert following.taken is not None
    assert (following.taken.loads, following.taken.moves) == ((1,), {})
    assert [(step.needs, step.moves) for step in following.left] == [((1,), {"stable": 1})]


def test_without_word_of_the_servers_a_step_that_needs_loading_is_not_taken(
    root: Path, model: Model, publish: Publish
) -> None:
    publish(1)
    before = listing(root)
    following = model.serving.follow()
    assert following is not None
    assert following.taken is None
    assert listing(root) == before


def test_a_step_waits_for_every_server_and_is_taken_on_ones_word(model: Model, publish: Publish) -> None:
    publish(1)
    assert model.serving.apply(loaded=set()).taken is None
    assert model.serving.apply(loaded={7}).taken is None
    taken = model.serving.apply(loaded={1}).taken
    assert taken is not None
    assert taken.moves == {"stable": 1}
    publish(2)
    on_my_word = model.serving.apply().taken
    assert on_my_word is not None
    assert on_my_word.moves == {"stable": 2}


def test_a_plan_and_the_text_after_a_step_change_nothing(root: Path, model: Model, publish: Publish) -> None:
    publish(1)
    before = listing(root)
    plan = model.serving.plan(loaded={1})
    text = model.serving.text_after(plan.steps[0])
    assert listing(root) == before
    model.serving.apply(loaded={1})
    assert (root / "models.config").read_text() == text


def test_other_models_entries_and_comments_stay_to_the_byte(
    root: Path, model: Model, publish: Publish
) -> None:
    mine = '# Ours.\nmodel_config_list {\n  config { name: "adelie" base_path: "/else" }  # by hand\n}\n'
    (root / "models.config").write_text(mine)
    version = publish(1)
    text = (root / "models.config").read_text()
    assert text.startswith(mine.removesuffix("}\n"))
    model.quarantine(version, reason="it leaks")
    assert (root / "models.config").read_text() == mine


def test_a_step_that_a_killed_process_left_is_taken_by_whoever_opens_the_model_next(
    root: Path, model: Model, publish: Publish
) -> None:
    publish(1)
    model.serving.apply()
    text = (root / "models.config").read_text()
    (root / "models.config").unlink()
    assert [fault.finding.code for fault in config_faults(model.serving)] == ["config-out-of-step"]
    opened = Registry.open(root).model("penguin")
    assert "versions: 1  # loading" in (root / "models.config").read_text()
    opened.serving.apply()
    assert (root / "models.config").read_text() == text
    assert [*config_faults(opened.serving)] == []


def test_looking_at_a_model_takes_no_step(root: Path, model: Model, publish: Publish) -> None:
    publish(1)
    (root / "models.config").unlink()
    before = listing(root)
    assert Registry.open(root).look_at("penguin").serving.plan().ready
    assert listing(root) == before


@pytest.mark.parametrize("text", ["model_config_list {", "custom_model_config { }", "\x00"])
def test_a_file_that_cannot_be_used_is_left_as_it_is_and_found(
    root: Path, model: Model, publish: Publish, text: str, refused: Any
) -> None:
    publish(1)
    (root / "models.config").write_text(text)
    for ask in (model.serving.plan, model.serving.follow, model.serving.apply, model.serving.check):
        with refused(ConfigError, root / "models.config"):
            ask()
    Registry.open(root).model("penguin")  # readers are not held up
    assert (root / "models.config").read_text() == text
    (fault,) = config_faults(model.serving)
    assert (fault.finding.code, fault.cure) == ("config-unusable", None)
    assert "\n" not in fault.finding.what


def test_what_is_no_utf8_in_a_comment_stays(root: Path, model: Model, publish: Publish) -> None:
    (root / "models.config").write_bytes(b"# caf\xe9\n")
    publish(1)
    assert (root / "models.config").read_bytes().startswith(b"# caf\xe9\nmodel_config_list {\n")


def test_writers_of_different_models_lose_nothing_of_each_other(
    root: Path, make_candidate: Callable[[int], Path]
) -> None:
    names = [f"model-{number}" for number in range(6)]
    candidate = make_candidate(1)
    failed: list[BaseException] = []
    begin = threading.Barrier(len(names))

    def publish(name: str) -> None:
        try:
            model = Registry.open(root).model(name)
            version = model.tag(candidate).version
            begin.wait(timeout=120)
            model.push_unchecked(candidate, version, reason="a test")
            model.serving.apply()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=publish, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for name in names:
        assert Registry.open(root).look_at(name).serving.plan().steps == ()


def test_a_reader_sees_the_old_or_the_new_text_and_an_edit_that_fails_leaves_the_old(tmp_path: Path) -> None:
    file = LocalConfigFile(tmp_path)
    assert file.read() == ""
    file.rewrite(lambda text: f"{text}a")
    inode = (tmp_path / "models.config").stat().st_ino
    file.rewrite(lambda text: text)
    assert (tmp_path / "models.config").stat().st_ino == inode  # the same text is not written again

    def fail(_: str) -> str:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        file.rewrite(fail)
    assert file.read() == "a"
    file.rewrite(lambda text: f"{text}b")  # and the lock is free again
    assert file.read() == "ab"
    assert (tmp_path / "models.config").stat().st_ino != inode
