"""The notebooks: stored clean, executed top to bottom, and their outputs say what their text promises."""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
TAG = re.compile(r"<style>.*?</style>|<[^>]*>", re.DOTALL)


def executed(name: str, scratch: Path, **environment: str) -> list[Any]:
    """Executes a notebook with the interpreter that runs this, and gives its code cells with their outputs."""
    kernels = scratch / "kernels"
    (kernels / "python3").mkdir(parents=True)
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {
            **environment,
            "PYTHONPATH": str(PROJECT / "components"),
            "IPYTHONDIR": str(scratch / "ipython"),
        },
    }
    (kernels / "python3" / "kernel.json").write_text(json.dumps(kernel))
    notebook = nbformat.read(PROJECT / "notebooks" / name, as_version=4)
    # Its own manager and not one of ours, for it ends only the kernels of its own.
    client = NotebookClient(
        notebook,
        kernel_manager_class=AsyncKernelManager,
        timeout=300,
        resources={"metadata": {"path": str(PROJECT / "notebooks")}},
    )
    manager = client.create_kernel_manager()
    manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(kernels)])
    manager.transport = "ipc"
    # Not under the test's folder: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory() as sockets:
        manager.ip = f"{sockets}/kernel"
        client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: Any, mime: str = "text/html") -> str:
    """Gives what a cell shows, of one kind, in all its outputs."""
    return "\n".join(output.data.get(mime, "") for output in cell.outputs if "data" in output)


def text_of(html: str) -> str:
    return " ".join(TAG.sub(" ", html).split())


def cell_with(cells: list[Any], source: str, *, after: str = "") -> Any:
    """Gives the first cell whose last line is `source`, after one that holds a text."""
    start = next(place for place, cell in enumerate(cells) if after in cell.source)
    return next(cell for cell in cells[start:] if cell.source.splitlines()[-1] == source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stored_notebook_has_no_outputs_and_nothing_of_the_machine_it_was_written_on(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert cell.metadata == {}
        assert cell.source.strip()


def test_the_stored_notebooks_are_found() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["lineage", "quickstart"]


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    scratch = tmp_path_factory.mktemp("quickstart")
    return executed("quickstart.ipynb", scratch, HALLMARK_NOTEBOOK_OUT=str(scratch / "out"))


@pytest.fixture(scope="module")
def lineage(tmp_path_factory: pytest.TempPathFactory, demo_here: Path) -> list[Any]:
    return executed("lineage.ipynb", tmp_path_factory.mktemp("lineage"), HALLMARK_DEMO=str(demo_here))


def test_the_first_model_is_published_past_no_baseline(quickstart: list[Any]) -> None:
    verdict = text_of(shown(cell_with(quickstart, 'penguin.version("stable").verdict')))
    assert verdict.startswith("penguin@1.0.0 published nothing was stable before it")
    assert "baseline: none, nothing was stable" in verdict
    assert "island:Biscoe" in verdict


def test_the_bad_model_is_refused_with_its_reasons_and_what_serves_stays(quickstart: list[Any]) -> None:
    after = "learning_rate=1e-5"
    verdict = text_of(shown(cell_with(quickstart, 'penguin.version("latest").verdict', after=after)))
    assert verdict.startswith("penguin@1.1.0 refused sparse_categorical_accuracy overall is 0.")
    assert "required: &gt;= 0.8" in verdict
    assert "FAIL" in verdict
    assert text_of(shown(cell_with(quickstart, 'penguin.version("stable")', after=after))).startswith(
        "penguin@1.0.0"
    )


def test_the_better_model_beats_the_first_one(quickstart: list[Any]) -> None:
    after = "trainer.hidden_units=[32]"
    verdict = text_of(shown(cell_with(quickstart, 'penguin.version("latest").verdict', after=after)))
    assert verdict.startswith("penguin@1.2.0 published it beats release 1 (1.0.0)")
    assert "FAIL" not in verdict
    compared = text_of(shown(next(cell for cell in quickstart if "only_changed" in cell.source)))
    assert "hidden_units [8] [32]" in compared
    assert "train.num_steps 30 300" in compared


def test_slices_are_shown_as_a_table_and_releases_as_folders(quickstart: list[Any]) -> None:
    slices = text_of(shown(cell_with(quickstart, "measured(evaluator)")))
    assert "Torgersen" in slices
    folders = cell_with(quickstart, "sorted(path.name for path in penguin.path.iterdir())")
    assert shown(folders, "text/plain") == "['1', '2']"
    assert "third row" in shown(quickstart[-1])


def test_the_ancestry_reaches_from_the_version_to_the_data(lineage: list[Any]) -> None:
    drawn = shown(cell_with(lineage, "ancestry"))
    assert "<svg" in drawn
    for expected in ("Examples", "Trainer", "ModelVersion", "penguin@1.2.0"):
        assert expected in drawn


def test_the_impact_of_the_data_is_exactly_the_versions_of_the_demo(lineage: list[Any]) -> None:
    table = shown(next(cell for cell in lineage if "lineage.impact" in cell.source))
    rows = [text_of(row).split() for row in table.split("<tr")[2:]]
    assert [(row[2], row[3], row[-1]) for row in rows] == [
        ("penguin", "1.0.0", "False"),
        ("penguin", "1.1.0", "False"),
        ("penguin", "1.2.0", "True"),
    ]


def test_the_difference_of_two_versions_is_what_their_runs_were_told(lineage: list[Any]) -> None:
    table = text_of(shown(next(cell for cell in lineage if "lineage.diff" in cell.source)))
    assert "custom_config.hidden_units [8] [32]" in table
    assert "train_args.num_steps 30 300" in table
    assert "learning_rate" not in table


def test_metrics_are_plotted_over_versions(lineage: list[Any]) -> None:
    assert shown(next(cell for cell in lineage if "plt.subplots" in cell.source), "image/png")
