"""What the folder of a TensorBoard holds of a model, read by TensorBoard's own loader."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.plugins.hparams import api_pb2

from tests.conftest import listing
from tests.mirrors.tensorboard.loaded import Loaded
from tests.mirrors.trained import LOSSES, RATES, train_three
from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.model import Model

ALL = ["1.0.0", "1.1.0", "1.2.0"]


@pytest.fixture
def trained(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    return train_three(model, make_candidate)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    return tmp_path / "board"


@pytest.fixture
def mirror(board: Path) -> Mirror:
    return open_mirror(f"tensorboard:{board}")


def bring(mirror: Mirror, model: Model, *versions: str) -> list[str]:
    """Brings versions, by default all, and gives those that were told."""
    told: list[str] = []
    mirror.check_reachable()
    mirror.bring(model, versions or list(model.state.versions), told=told.append)
    return told


def test_the_models_run_has_its_metrics_over_its_versions(
    mirror: Mirror, trained: Model, board: Path
) -> None:
    assert bring(mirror, trained) == ALL
    run = Loaded(board / "penguin")
    assert run.tags("scalars") == {
        *("accuracy", "accuracy/island:Biscoe", "accuracy/island:Dream"),
        *("example_count", "example_count/island:Biscoe", "example_count/island:Dream"),
    }
    assert run.scalars("accuracy") == [(1, 0.7), (2, 0.6), (3, 0.8)]
    assert run.scalars("accuracy/island:Biscoe") == [(1, 0.8), (2, 0.4), (3, 0.9)]
    assert run.times("accuracy") == sorted(run.times("accuracy"))
    (table,) = run.texts("versions")
    rows = [line.strip("| ").split(" | ")[:5] for line in table.splitlines()[2:]]
    assert rows == [
        ["3", "1.2.0", "published", "2", "canary"],
        ["2", "1.1.0", "refused", "-", "-"],
        ["1", "1.0.0", "published", "1", "stable"],
    ]


@pytest.mark.parametrize(("step", "version"), list(enumerate(ALL, start=1)))
def test_a_versions_run_is_a_session_with_its_hyperparameters_and_metrics(
    mirror: Mirror, trained: Model, board: Path, step: int, version: str
) -> None:
    bring(mirror, trained, version)
    run = Loaded(board / "penguin" / version)
    start, end = run.session()
    given = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
    assert given == {
        **{"learning_rate": RATES[step - 1], "layers": "[16, 8]", "optimizer.name": "adam", "seed": 42},
        **{"train_args.num_steps": 300, "data.span": "7", "data.records.train": 100, "data.records.eval": 50},
    }
    assert start.group_name == f"penguin@{version}"
    assert end.status == api_pb2.STATUS_SUCCESS
    assert end.end_time_secs - start.start_time_secs == pytest.approx(90, abs=0.001)
    assert run.scalars("accuracy") == [(step, [0.7, 0.6, 0.8][step - 1])]
    assert run.scalars("training/loss") == list(enumerate(LOSSES, start=1))
    assert run.scalars("training/val_loss") == [(n, loss * 2) for n, loss in enumerate(LOSSES, start=1)]


def test_a_versions_run_says_its_verdict_and_what_it_is(mirror: Mirror, trained: Model, board: Path) -> None:
    bring(mirror, trained)
    run = Loaded(board / "penguin" / "1.1.0")
    (verdict,) = run.texts("verdict")
    assert verdict.startswith(
        "**penguin 1.1.0 was refused: not better: accuracy overall went from 0.7000 to 0.6000"
    )
    assert "- slice island:Biscoe is worse: accuracy went from 0.8000 to 0.4000" in verdict
    assert "| accuracy | Overall | &#62;= 0.5 | 0.6 | - | yes |" in verdict
    assert "| accuracy | island:Biscoe | worse by less than 0.1 | 0.4 | 0.8 | no |" in verdict
    (told,) = run.texts("version")
    assert trained.version("1.1.0").digest in told
    assert "| git commit | 0123abc |" in told


def test_bringing_twice_changes_no_byte(mirror: Mirror, trained: Model, board: Path) -> None:
    bring(mirror, trained)
    before = listing(board)
    assert bring(mirror, trained) == ALL
    assert listing(board) == before


def test_another_process_writes_the_same_bytes(
    mirror: Mirror, trained: Model, board: Path, root: Path, tmp_path: Path
) -> None:
    bring(mirror, trained)
    other = tmp_path / "other"
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "mirror", f"tensorboard:{other}", "penguin"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [*command, "--root", str(root)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(other / "penguin" / "1.2.0") in done.stdout.replace("\n", "")
    assert listing(other) == listing(board)


def test_what_moved_is_voided_for_a_loader_that_reads_on(
    mirror: Mirror, trained: Model, board: Path, make_candidate: Callable[[int], Path]
) -> None:
    bring(mirror, trained)
    run = Loaded(board / "penguin")
    refused = Loaded(board / "penguin" / "1.1.0")
    others = {version: listing(board / "penguin" / version) for version in ("1.0.0", "1.2.0")}
    trained.promote("1.2.0", "stable", reason="it beat stable")
    trained.push_unchecked(make_candidate(2), "1.1.0", reason="asked for")
    bring(mirror, trained)
    (table,) = run.reload().texts("versions")
    assert "| 2 | 1.1.0 | published | 3 | stable |" in table
    assert run.scalars("accuracy") == [(1, 0.7), (3, 0.8)]  # the verdict that counts rests on no evidence
    (verdict,) = refused.reload().texts("verdict")
    assert verdict.startswith("**penguin 1.1.0 was published")
    assert {version: listing(board / "penguin" / version) for version in others} == others
    assert Loaded(board / "penguin").texts("versions") == [table]


def test_the_files_of_a_run_do_not_become_ever_more(mirror: Mirror, trained: Model, board: Path) -> None:
    for number in range(12):
        if number % 2:
            trained.withdraw("canary", reason="a test")
        else:
            trained.promote_unchecked("1.2.0" if number % 4 else "1.0.0", "canary", reason="a test")
        bring(mirror, trained)
    sizes = [path.stat().st_size for path in sorted((board / "penguin").glob("*tfevents*"))]
    assert len(sizes) <= 9
    assert set(sizes[:-1]) == {0}
    assert sizes[-1] > 0


def test_files_of_a_training_stay_beside_ours(mirror: Mirror, trained: Model, board: Path) -> None:
    theirs = board / "penguin" / "1.0.0" / "events.out.tfevents.1700000000.host.1.0.v2"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"")
    bring(mirror, trained)
    trained.promote("1.2.0", "stable", reason="it beat stable")
    bring(mirror, trained)
    assert theirs.exists()


def test_a_file_that_was_cut_off_is_no_run_of_its_own(mirror: Mirror, trained: Model, board: Path) -> None:
    bring(mirror, trained)
    (ours,) = (board / "penguin" / "1.0.0").glob("*tfevents*")
    whole = ours.read_bytes()
    ours.write_bytes(whole[: len(whole) // 2])
    bring(mirror, trained)
    again = max((board / "penguin" / "1.0.0").glob("*tfevents*"))
    assert again.read_bytes() == whole
    assert again.name > ours.name  # a TensorBoard that read the half looks for a later file


def test_versions_of_which_little_is_known_are_shown_too(
    mirror: Mirror, three: list[str], model: Model, board: Path
) -> None:
    assert bring(mirror, model) == three
    run = Loaded(board / "penguin" / three[0])
    assert run.tags("scalars") == set()
    assert dict(run.session()[0].hparams) == {}
    assert "the gate was passed over: a test" in run.texts("verdict")[0]
    assert "| 3 | 1.0.2 | published | 3 | stable |" in Loaded(board / "penguin").texts("versions")[0]


def test_text_is_shown_as_it_was_written(
    mirror: Mirror, model: Model, make_candidate: Callable[[int], Path], board: Path
) -> None:
    model.tag(make_candidate(1), description="<b>*50 %* | `x`</b>\n# no heading")
    bring(mirror, model)
    (told,) = Loaded(board / "penguin" / "1.0.0").texts("version")
    row = "&#60;b&#62;&#42;50 %&#42; &#124; &#96;x&#96;&#60;/b&#62; &#35; no heading"
    assert f"| description | {row} |" in told


def test_a_place_that_cannot_be_written_is_told_in_a_line(trained: Model, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    mirror = open_mirror(f"tensorboard:{tmp_path / 'file' / 'board'}")
    with pytest.raises(MirrorError, match=r"cannot be written: .*file is no folder$"):
        mirror.check_reachable()
    with pytest.raises(MirrorError, match=r"cannot be written: Not a directory \("):
        mirror.bring(trained, ALL, told=print)


@pytest.mark.parametrize("place", ["s3://bucket/board", "  ", "gs://board"])
def test_a_place_that_is_no_folder_is_told_in_a_line(place: str) -> None:
    with pytest.raises(MirrorError, match="names no folder of this machine: write tensorboard:DIR"):
        open_mirror(f"tensorboard:{place}")


def test_writing_needs_no_tensorflow(trained: Model, root: Path, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tfx_hallmark.registry.registry import Registry\n"
        "from tfx_hallmark.mirrors.opening import open_mirror\n"
        "model = Registry.open(Path(sys.argv[1])).model('penguin')\n"
        "open_mirror(f'tensorboard:{sys.argv[2]}').bring(model, ['1.0.0'], told=print)\n"
        "assert 'tensorboard' in sys.modules\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", script, str(root), str(tmp_path / "board")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "1.0.0\n")
