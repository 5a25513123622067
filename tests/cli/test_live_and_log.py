"""`hallmark live` and `hallmark log`: what serves, and what happened."""

import msgspec
import pytest

from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.registry import events
from tfx_hallmark.registry.events import Event


def test_live_names_release_digest_and_who(answer, penguin):
    event = next(
        event for event in penguin.events() if event.kind == "published" and event.data.version == "1.0.2"
    )
    assert answer("live", "penguin") == {
        "model": "penguin",
        "version": "1.0.2",
        "release": 2,
        "digest": penguin.version("1.0.2").digest,
        "path": str(penguin.path / "2"),
        "since": event.time,
        "actor": "pipeline",
        "event": event.seq,
        "kind": "published",
        "reason": "",
        "sentence": "published as release 2, now stable; it beat 1.0.0",
        "until": None,
        "at": None,
    }


def test_live_of_all_models(answer, hallmark):
    found = answer("live")
    assert [live["model"] for live in found["live"]] == ["penguin"]
    assert found["nothing"] == ["seal"]
    assert hallmark("live").stdout.splitlines()[2].split() == ["seal", "-", "-", "-", "-"]


def test_live_of_a_model_that_serves_nothing_fails(hallmark):
    page = hallmark("live", "seal")
    assert (page.exit_code, page.stdout) == (1, "")
    assert page.stderr == "hallmark: nothing of seal is stable: see 'hallmark list seal' for what there is\n"


def test_log_is_the_whole_log_newest_first(answer, penguin):
    told = answer("log", "penguin", "--all")
    logged = list(penguin.events())
    assert [event["seq"] for event in told["events"]] == [event.seq for event in reversed(logged)]
    assert told["events"][-1]["data"]["digest"] == logged[0].data.digest
    assert told["more"] is False


def test_log_limit(answer, hallmark):
    told = answer("log", "penguin", "--limit", "3")
    assert (len(told["events"]), told["more"]) == (3, True)
    assert "older events not shown" in hallmark("log", "penguin", "--limit", "3").stdout
    assert "not shown" not in hallmark("log", "penguin").stdout


def test_log_of_one_kind(answer):
    told = answer("log", "penguin", "--kind", "refused", "--limit", "1")
    assert [event["version"] for event in told["events"]] == ["1.0.3"]
    assert told["more"] is True
    assert answer("log", "penguin", "--kind", "refused")["more"] is False


def test_log_tells_in_a_sentence(answer):
    told = {(event["kind"], event["version"]): event for event in answer("log", "penguin")["events"]}
    assert (
        told["published", "1.0.0"]["sentence"]
        == "published as release 1, now stable; nothing was stable before it"
    )
    assert told["published", "1.0.2"]["sentence"] == "published as release 2, now stable; it beat 1.0.0"
    assert told["published", "1.0.2"]["release"] == 2
    assert "the gate was passed over: " in told["published", "1.0.4"]["sentence"]
    assert told["refused", "1.0.3"]["sentence"] == "refused: baseline moved from release 1 to release 2"
    assert told["quarantined", "1.0.5"]["sentence"] == "put in quarantine: leaked labels"
    assert told["tagged", "1.0.1"]["sentence"] == "tagged, patch compared with 1.0.0: only weights changed"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (events.Promoted(version="1.0.0", release=3, label="canary"), "release 3 became canary: because"),
        (
            events.RolledBack(version="1.0.0", release=4, from_release=3),
            "rolled back from release 3 to release 4: because",
        ),
        (events.Unquarantined(version="1.0.0"), "taken out of quarantine: because"),
        (events.Pruned(version="1.0.0", releases=(1, 2)), "deleted the files of releases 1, 2: because"),
        (events.Pruned(version="1.0.0", releases=(1,)), "deleted the files of release 1: because"),
        (
            events.Annotated(version="1.0.0", description="d", notes={"a": "b", "c": ""}),
            "annotated: description: d; a: b; c removed: because",
        ),
        (
            events.Adopted(
                version="1.0.0", digest="b3:0", release=7, manifest="b3:1", size=1, labels=("stable",)
            ),
            "adopted as release 7, now stable: because",
        ),
        (
            events.Evaluated(version="1.0.0", evidence="b3:0", summary="fine"),
            "evaluated on further data: fine: because",
        ),
    ],
)
def test_kinds_that_this_history_lacks(data, expected):
    event = Event(
        schema=1,
        seq=1,
        model="penguin",
        time="2026-11-20T21:31:43.000000Z",
        actor="me",
        reason="because",
        prev=events.GENESIS,
        data=data,
    )
    assert sentence(event) == expected


def test_log_checks_the_chain_backwards(hallmark, make_candidate, model, root):
    model.tag(make_candidate(1))
    for _ in range(40):
        model.quarantine("1.0.0", reason="on")
        model.unquarantine("1.0.0", reason="off")
    assert hallmark("log", "penguin", "--all", "--root", str(root)).exit_code == 0
    # The checkpoint saved by now spares opening the model all events up to it: only the log reads this one.
    file = root / ".hallmark" / "penguin" / "log" / f"{2:020d}.json"
    event, _ = events.unseal(file.read_bytes(), "")
    file.unlink()
    file.write_bytes(events.seal(msgspec.structs.replace(event, actor="somebody else"))[0])
    assert hallmark("log", "penguin", "--limit", "5", "--root", str(root)).exit_code == 0
    page = hallmark("log", "penguin", "--all", "--root", str(root))
    assert (page.exit_code, page.stdout) == (1, "")
    assert page.stderr.startswith(f"hallmark: event {file} was replaced")
