"""`hallmark list`: models, and versions newest first."""

import json


def test_models_with_what_is_stable(answer, penguin):
    models = answer("list")["models"]
    assert [model["model"] for model in models] == ["penguin", "seal"]
    assert models[0] == {
        "model": "penguin",
        "stable": {"version": "1.0.2", "release": 2, "since": models[0]["stable"]["since"]},
        "latest": "2.0.0",
        "versions": 7,
        "refused": 2,
        "quarantined": 1,
    }
    published = next(
        event for event in penguin.events() if event.kind == "published" and event.data.version == "1.0.2"
    )
    assert models[0]["stable"]["since"] == published.time
    assert models[1]["stable"] is None


def test_versions_newest_first(answer):
    versions = answer("list", "penguin")["versions"]
    assert [(version["version"], version["status"]) for version in versions] == [
        ("2.0.0", "tagged"),
        ("1.0.5", "quarantined"),
        ("1.0.4", "published"),
        ("1.0.3", "refused"),
        ("1.0.2", "published"),
        ("1.0.1", "refused"),
        ("1.0.0", "published"),
    ]


def test_a_version_in_brief(answer, penguin):
    versions = {version["version"]: version for version in answer("list", "penguin")["versions"]}
    assert versions["1.0.2"] == {
        "version": "1.0.2",
        "status": "published",
        "releases": [2],
        "labels": ["stable"],
        "created": penguin.version("1.0.2").state.created,
        "size": penguin.version("1.0.2").manifest.size,
        "bump": "patch",
        "digest": penguin.version("1.0.2").digest,
        "refusal": None,
        "quarantine": None,
        "held": None,
        "pruned": [],
        "description": "",
        "notes": {},
    }
    assert versions["1.0.4"]["labels"] == ["canary"]
    assert versions["1.0.3"]["refusal"] == "baseline moved from release 1 to release 2"
    assert versions["1.0.5"]["quarantine"] == "leaked labels"
    assert versions["2.0.0"]["bump"] == "major"


def test_limit_says_how_many_are_left_out(hallmark, answer):
    page = hallmark("list", "penguin", "--limit", "2")
    assert [line.split()[0] for line in page.stdout.splitlines()[1:3]] == ["2.0.0", "1.0.5"]
    assert "5 older versions not shown" in page.stdout
    assert answer("list", "penguin", "--limit", "2")["more"] == 5


def test_all_overrides_the_limit(answer):
    found = answer("list", "penguin", "--limit", "2", "--all")
    assert (len(found["versions"]), found["more"]) == (7, 0)


def test_status_filters_before_the_limit(answer):
    found = answer("list", "penguin", "--status", "refused", "--limit", "1")
    assert [version["version"] for version in found["versions"]] == ["1.0.3"]
    assert found["more"] == 1


def test_people_see_why_a_version_was_refused(hallmark, penguin):
    lines = hallmark("list", "penguin").stdout.splitlines()
    row = next(line for line in lines if line.startswith("1.0.1"))
    assert "refused" in row
    assert row.endswith(penguin.version("1.0.1").state.summary)


def test_an_empty_registry_is_no_error(hallmark, tmp_path):
    (tmp_path / ".hallmark").mkdir()
    page = hallmark("list", "--root", str(tmp_path))
    assert page.exit_code == 0
    assert "no models yet" in page.stdout
    document = hallmark("list", "--root", str(tmp_path), "--json").stdout
    assert json.loads(document) == {"root": str(tmp_path), "models": [], "at": None}
