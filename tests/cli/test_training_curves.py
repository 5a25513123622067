"""What commands say of how a version was trained."""

import json

import pytest

from tests.registry.training_curves import RUNS, curve_of, tag_with


def shown_facts(run, version):
    """Gives the lines of `show` under the heading Training, by name."""
    result = run("show", f"penguin@{version}", COLUMNS="200")
    assert (result.exit_code, result.stderr) == (0, "")
    section = result.stdout.partition("\nTraining\n")[2].partition("\n\n")[0]
    return {name: text.strip() for name, _, text in (line.partition(":") for line in section.splitlines())}


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ((0.5, 0.25, 0.375), "3 epochs; val_loss 0.3750 at the end, best 0.2500 in epoch 2"),
        ((0.5, 0.25), "2 epochs; val_loss 0.2500 at the end, the best"),
        ((0.5,), "1 epoch; val_loss 0.5000 at the end, the best"),
    ],
)
def test_show_tells_epochs_last_and_best_loss_and_runs(run, model, make_candidate, losses, told):
    tag_with(model, make_candidate(1), curve_of(*losses))
    assert shown_facts(run, "1.0.0") == {
        "curve": told,
        "mlflow run": RUNS["mlflow"],
        "tensorboard run": RUNS["tensorboard"],
    }


def test_show_tells_of_what_was_measured_and_of_a_loss_that_was_lost(run, model, make_candidate):
    import msgspec

    whole = curve_of(0.5, 0.25, runs={})
    for number, (kept, told) in enumerate(
        [
            ({"loss"}, "2 epochs; loss 0.1250 at the end, the best"),
            ({"accuracy"}, "2 epochs"),
            (set(), "2 epochs"),
        ],
        start=1,
    ):
        epochs = [
            msgspec.structs.replace(
                one, metrics={key: value for key, value in one.metrics.items() if key in kept}
            )
            for one in whole.epochs
        ]
        curve = msgspec.structs.replace(whole, epochs=tuple(epochs))
        version = tag_with(model, make_candidate(number), curve)
        assert shown_facts(run, version.version) == {"curve": told}
    lost = msgspec.structs.replace(whole.epochs[1], metrics={"rate": 0.1})
    version = tag_with(
        model, make_candidate(9), msgspec.structs.replace(whole, epochs=(whole.epochs[0], lost))
    )
    told = "2 epochs; val_loss no finite number at the end, best 0.5000 in epoch 1"
    assert shown_facts(run, version.version) == {"curve": told}


def test_show_as_json_has_every_epoch(told, model, make_candidate):
    tag_with(model, make_candidate(1), curve_of(0.5, 0.25))
    tag_with(model, make_candidate(2), None)
    curve = told("show", "penguin@1.0.0")["training_curve"]
    assert [epoch["metrics"]["val_loss"] for epoch in curve["epochs"]] == [0.5, 0.25]
    assert [epoch["epoch"] for epoch in curve["epochs"]] == [1, 2]
    assert curve["runs"] == RUNS
    assert told("show", "penguin@1.0.1")["training_curve"] is None


def test_a_card_has_the_curve_or_says_how_to_get_one(run, told, model, make_candidate, tmp_path):
    tag_with(model, make_candidate(1), curve_of(0.5, 0.25))
    tag_with(model, make_candidate(2), None)
    card = tmp_path / "card.md"
    assert run("card", "penguin@1.0.0", "-o", card).exit_code == 0
    text = card.read_text()
    assert "**Training curve**" in text
    assert "2 epochs; val_loss 0.2500 at the end, the best" in text.replace("\\", "")
    assert "](card.files/training.svg)" in text
    drawing = (tmp_path / "card.files" / "training.svg").read_text()
    assert drawing.count("<circle") == 4  # two epochs, in training and in validation
    page = tmp_path / "card.html"
    assert run("card", "penguin@1.0.0", "-o", page).exit_code == 0
    assert 'aria-label="loss over 2 epochs; training from 0.2500 to 0.1250; ' in page.read_text()
    assert told("card", "penguin@1.0.1")["curve"] is None
    result = run("card", "penguin@1.0.1")
    assert "training curve. epoch_callback among the callbacks of fit logs it" in result.stdout.replace(
        "\\", ""
    )


def test_a_curve_that_is_lost_costs_a_card_one_line(run, model, make_candidate, root):
    version = tag_with(model, make_candidate(1), curve_of(0.5, 0.25))
    digest = version.manifest.provenance.training_curve
    (root / ".hallmark" / "penguin" / "objects" / digest.removeprefix("b3:")).unlink()
    result = run("card", "penguin@1.0.0", "--json")
    assert result.exit_code == 0
    [remark] = json.loads(result.stdout)["remarks"]
    assert remark.startswith("the curve of the training of 1.0.0 cannot be read: object ")
    assert run("show", "penguin@1.0.0").exit_code == 1
