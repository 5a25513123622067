"""`hallmark show` and `hallmark why`: one version, and how the gate judged it."""

import pytest


@pytest.mark.parametrize("reference", ["penguin@1.0.2", "penguin@2", "penguin@stable"])
def test_a_version_is_found_by_any_reference(answer, reference):
    assert answer("show", reference)["version"] == "1.0.2"


def test_a_version_is_found_by_latest_and_by_digest(answer, penguin):
    assert answer("show", "penguin@latest")["version"] == "2.0.0"
    digest = penguin.version("1.0.3").digest
    assert answer("show", f"penguin@{digest[:20]}")["version"] == "1.0.3"


def test_show_holds_the_whole_manifest(answer, penguin):
    shown = answer("show", "penguin@1.0.0")
    manifest = penguin.version("1.0.0").manifest
    assert shown["manifest"]["digest"] == manifest.digest
    assert shown["manifest"]["provenance"]["hyperparameters"] == {"learning_rate": 0.01, "optimizer": "adam"}
    assert shown["manifest"]["files"][0]["path"] == manifest.files[0].path
    assert shown["notes"] == {"ticket": "A-1"}
    assert shown["path"] == str(penguin.path / "1")
    assert shown["metrics"] == {"Overall": {"accuracy": 0.8}, "island:Biscoe": {"accuracy": 0.8}}
    assert shown["verdict"]["bootstrap"] is True


def test_show_holds_the_baseline_it_met(answer):
    shown = answer("show", "penguin@1.0.2")
    assert shown["baseline_metrics"] == {"Overall": {"accuracy": 0.8}}
    assert shown["verdict"]["baseline"]["release"] == 1


def test_show_of_a_version_without_verdict(answer, hallmark):
    shown = answer("show", "penguin@2.0.0")
    assert (shown["verdict"], shown["path"], shown["releases"]) == (None, None, [])
    assert "the gate has not decided" in hallmark("show", "penguin@2.0.0").stdout


@pytest.mark.parametrize(
    "expected",
    [
        "size:         13.4 kB in 4 files",
        "serving_default:  x: float32 [?, 3] -> y: float32 [?, 1]",
        "examples:  /data/CsvExampleGen/examples/1",
        "git commit:  0123abc, with uncommitted changes",
        "learning_rate:  0.01",
        'train arguments:  {"num_steps":200}',
        "hardware:  2 cores, 16 GB",
        "packages:  tensorflow 2.21.0",
        "accuracy  island:Biscoe  0.8000  -",
        "penguin 1.0.0 was published: ",
        "description:  ペンギン分類器🐧",
    ],
)
def test_show_for_people(hallmark, expected):
    assert expected in hallmark("show", "penguin@1.0.0").stdout


def test_why_goes_metric_by_metric_and_slice_by_slice(answer):
    checks = answer("why", "penguin@1.0.2")["checks"]
    assert [(check["metric"], check["slice"], check["rule"]) for check in checks] == [
        ("accuracy", "Overall", "value"),
        ("accuracy", "Overall", "change"),
        ("accuracy", "island:Biscoe", "change"),
        ("auc", "Overall", "value"),
    ]
    assert checks[1]["threshold"] == "better by more than 0"
    assert (checks[1]["candidate"], checks[1]["baseline"], checks[1]["passed"]) == (0.9, 0.8, True)
    assert checks[1]["margin"] == pytest.approx(0.1)


def test_why_of_a_refusal_is_an_answer_not_an_error(hallmark, penguin):
    page = hallmark("why", "penguin@1.0.1")
    assert page.exit_code == 0
    rows = [" ".join(line.split()) for line in page.stdout.splitlines()]
    assert "accuracy Overall 0.8000 0.8000 +0.0000 FAIL better by more than 0" in rows
    assert "accuracy Overall 0.8000 - +0.3000 pass >= 0.5" in rows
    assert penguin.version("1.0.1").verdict.sentence in page.stdout


def test_why_names_the_baseline(hallmark, penguin):
    page = hallmark("why", "penguin@1.0.2").stdout
    assert f"baseline: penguin 1.0.0, release 1 ({penguin.version('1.0.0').digest[:15]}" in page


def test_why_flags_a_bootstrap(hallmark, answer):
    assert "BOOTSTRAP" in hallmark("why", "penguin@1.0.0").stdout
    assert answer("why", "penguin@1.0.0")["bootstrap"] is True
    assert "BOOTSTRAP" not in hallmark("why", "penguin@1.0.2").stdout


def test_why_flags_an_override(hallmark, answer):
    assert "OVERRIDE" in hallmark("why", "penguin@1.0.4").stdout
    assert "boo" in answer("why", "penguin@1.0.4")["override"]
    assert "OVERRIDE" not in hallmark("why", "penguin@1.0.2").stdout


def test_why_flags_values_measured_against_another_baseline(hallmark, answer):
    assert "BASELINE MOVED" in hallmark("why", "penguin@1.0.3").stdout
    assert [reason["code"] for reason in answer("why", "penguin@1.0.3")["reasons"]] == ["baseline_moved"]


def test_why_without_a_verdict_fails_plainly(hallmark):
    page = hallmark("why", "penguin@2.0.0")
    assert (page.exit_code, page.stdout) == (1, "")
    assert (
        page.stderr
        == "hallmark: penguin@2.0.0 has no verdict: it is tagged, the gate has not decided on it\n"
    )
