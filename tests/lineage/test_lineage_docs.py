"""The Python of docs/lineage.md, as a user would run it."""

from pathlib import Path

from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tests.markdown import blocks

PAGE = Path(__file__).parents[2] / "docs" / "lineage.md"


def test_the_examples_run_one_after_the_other(
    make_store, model, make_candidate, root, tmp_path, monkeypatch, capsys
):
    pipeline = PenguinPipeline(make_store())
    run_and_register(pipeline, model, make_candidate(1))
    run_and_register(pipeline, model, make_candidate(2), settings={"learning_rate": 0.1})
    root.rename(tmp_path / "registry")
    monkeypatch.chdir(tmp_path)
    script = "\n".join(block.code for block in blocks(PAGE, "python"))
    told: dict[str, object] = {}
    exec(compile(script, str(PAGE), "exec"), told)
    printed = capsys.readouterr().out
    assert "ModelVersion penguin@1.1.0" in printed
    assert "penguin 1.1.0 published live" in printed
    assert "Trainer custom_config.learning_rate 0.01 -> 0.1" in printed
    assert str(told["dot"]).startswith("digraph")
    assert str(told["events"]).count("COMPLETE") == 9
