"""The drawings of `hallmark history`: real pictures, with a mark for each version that was measured."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import evaluation
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"
GREEN, RED = (0x17, 0x69, 0x3F), (0xB3, 0x20, 0x2F)


def drawn(run: Run, file: Path, *arguments: object) -> Path:
    done = run("history", "penguin", "--metric", "accuracy", "-o", file, *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"drawn: {file}"
    return file


def marks(file: Path) -> dict[str, tuple[float, float]]:
    """Gives where each version's mark stands, by what hovering tells."""
    found = {}
    for mark in ET.parse(file).getroot().iter(f"{SVG}g"):
        title = mark.find(f"{SVG}title")
        if "mark" in mark.get("class", "").split() and title is not None:
            reach = mark.find(f"{SVG}circle")
            assert reach is not None
            found[str(title.text)] = (float(reach.get("cx", "")), float(reach.get("cy", "")))
    return found


def pixels(file: Path, colour: tuple[int, int, int]) -> int:
    """Counts the pixels of nearly that colour above the legend."""
    with Image.open(file) as picture:
        picture.verify()
    data = np.asarray(Image.open(file).convert("RGB"), dtype=int)
    plot = data[: len(data) * 5 // 6]
    return int((abs(plot - np.array(colour)).max(axis=2) < 12).sum())


@pytest.fixture
def judged(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """1.0.0 with 0.8 was stable, 1.0.1 with 0.7 was refused, 1.0.2 with 0.9 is stable."""
    for number, (accuracy, before) in enumerate(((0.8, 0.8), (0.7, 0.8), (0.9, 0.8)), 1):
        version = model.tag(make_candidate(number)).version
        model.push(make_candidate(number), version, evaluation(accuracy, model.stable(), before=before))
    return model


def test_an_svg_has_a_mark_for_each_measured_version_the_better_the_higher(
    judged: Model, run: Run, tmp_path: Path, make_candidate: Callable[[int], Path]
) -> None:
    judged.tag(make_candidate(9))  # never measured
    found = marks(drawn(run, tmp_path / "a.svg"))
    first, refused, stable = found.items()
    assert first[0] == "1.0.0 (published): 0.8000"
    assert refused[0] == "1.0.1 (refused): 0.7000, -0.1000 against 1.0.0 (0.8000)"
    assert stable[0] == "1.0.2 (published, stable): 0.9000, +0.1000 against 1.0.0 (0.8000)"
    assert first[1][0] < refused[1][0] < stable[1][0]
    assert stable[1][1] < first[1][1] < refused[1][1]


def test_an_svg_stands_alone_and_knows_light_and_dark(judged: Model, run: Run, tmp_path: Path) -> None:
    file = drawn(run, tmp_path / "a.svg")
    text, tags = file.read_text(), {node.tag.removeprefix(SVG) for node in ET.parse(file).iter()}
    assert not tags & {"script", "image", "a", "foreignObject", "use"}
    for loaded in ("url(", "@import", "var(", " on", "href"):
        assert loaded not in re.sub(r">[^<]*<", "><", text) + text.partition("<style>")[2].partition("</")[0]
    assert "@media (prefers-color-scheme: dark)" in text
    words = [node.text for node in ET.parse(file).iter(f"{SVG}text")]
    assert "penguin: accuracy overall" in words
    assert {"published", "refused", "stable now", "stable at the time, on the same data"} <= set(words)


def test_a_png_is_no_empty_picture_and_others_values_give_another(
    judged: Model, run: Run, tmp_path: Path
) -> None:
    every = drawn(run, tmp_path / "every.png")
    assert pixels(every, GREEN) > 200
    assert pixels(every, RED) > 50
    published = drawn(run, tmp_path / "published.png", "--status", "published")
    assert pixels(published, GREEN) > 200
    assert pixels(published, RED) == 0
    with Image.open(every) as one, Image.open(published) as other:
        assert one.size == other.size
        assert min(one.size) > 400
        assert (np.asarray(one) != np.asarray(other)).any()


@pytest.mark.parametrize("name", ["one.svg", "one.png"])
def test_one_version_is_a_picture_too(
    model: Model, make_candidate: Callable[[int], Path], run: Run, tmp_path: Path, name: str
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, evaluation(0.8, None))
    file = drawn(run, tmp_path / name)
    assert len(marks(file)) == 1 if name.endswith("svg") else pixels(file, GREEN) > 100


def test_a_bound_that_is_too_far_off_to_be_drawn_is_told_in_words(
    judged: Model, run: Run, tmp_path: Path
) -> None:
    near = drawn(run, tmp_path / "near.svg")
    assert '<g class="bound"' in near.read_text()
    arguments = ("--status", "published", "--metric", "auc")
    far = drawn(run, tmp_path / "far.svg", *arguments)  # 0.97 each, with 0.6 required
    assert '<g class="bound"' not in far.read_text()
    assert "required: ≥ 0.6" in [node.text for node in ET.parse(far).iter(f"{SVG}text")]
    assert pixels(drawn(run, tmp_path / "far.png", *arguments), GREEN) > 100


@pytest.mark.parametrize("name", ["a.svg", "a.png"])
def test_i2_a_drawing_that_fails_leaves_the_earlier_one(
    judged: Model, wrong: Run, run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"an earlier one")
    wrong(1, "history", "penguin", "--metric", "acuracy", "-o", tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"an earlier one"
    drawn(run, tmp_path / name)
    assert (tmp_path / name).read_bytes() != b"an earlier one"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]


def test_hostile_names_of_metrics_and_slices_are_drawn_as_text(
    model: Model, make_candidate: Callable[[int], Path], run: Run, tmp_path: Path
) -> None:
    from tests.dashboard.registries import evaluation as said

    def hostile(word: str) -> str:
        return f"</text><script>{word}</script>\x1b[2J\x00$\\frac{{&amp;"

    model.push(make_candidate(1), model.tag(make_candidate(1)).version, said(hostile, 0.9, None))
    for name in ("hostile.svg", "hostile.png"):
        done = run("history", "penguin", "--slice", hostile("slice"), "-o", tmp_path / name)
        assert (done.exit_code, done.stderr) == (0, "")
    root = ET.parse(tmp_path / "hostile.svg").getroot()
    assert not list(root.iter(f"{SVG}script"))
    told = "".join(root.itertext())
    assert r"<script>metric</script>\x1b[2J\x00$\frac{&amp;" in told
    assert r"<script>slice</script>" in told
    assert pixels(tmp_path / "hostile.png", GREEN) > 100


@pytest.mark.parametrize("name", ["a.gif", "a", ".svg"])
def test_another_kind_of_picture_is_wrong_usage_and_makes_no_file(
    judged: Model, wrong: Run, tmp_path: Path, name: str
) -> None:
    assert ".png or .svg" in wrong(2, "history", "penguin", "-o", tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_registry_is_read_and_never_written(history: Path, hallmark: Run, tmp_path: Path) -> None:
    before = Registry.open(history).model("penguin").state.seq
    assert hallmark("history", "penguin", "-o", str(tmp_path / "a.svg")).exit_code == 0
    assert Registry.open(history).model("penguin").state.seq == before
