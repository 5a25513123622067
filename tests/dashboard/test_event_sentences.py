"""What happened, told in a sentence: the later kinds of events, and that they are read back as they were written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from tests.dashboard.browser import Browser
from tests.dashboard.page_text import PageText
from tests.lineage.history import NAMES, write_history
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.cli.main import app
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry import events
from tfx_hallmark.registry.events import Data, Event, schema_of

DIGEST = "b3:" + "0" * 64
KEY = "sha256:" + "1" * 64
ORIGIN = {"digest": DIGEST, "tag": "a", "manifest": DIGEST, "size": 1, "origin": DIGEST}
TOLD: list[tuple[Data, str, int]] = [
    (events.Withdrawn(version="1.0.0", label="canary"), "no longer canary", 2),
    (events.Held(version="1.0.0"), "held: its files stay", 2),
    (events.Unheld(version="1.0.0"), "no longer held: retention may delete its files", 2),
    (events.Signed(version="1.0.0", signature=DIGEST, key=KEY), f"signed; key {KEY}", 2),
    (events.Imported(version="1.0.0", **ORIGIN), "imported from another registry", 2),
    (
        events.Reproduced(version="1.0.0", report=DIGEST, outcome="bit_equal", summary="equal to the bit"),
        "trained again: equal to the bit",
        3,
    ),
    (
        events.Monitored(
            version="1.0.0", report=DIGEST, outcome="alert", summary="year drifted", data="/new"
        ),
        "monitored on new data, alert: year drifted",
        4,
    ),
    (events.Pruned(version="1.0.0", releases=(2,)), "deleted the files of release 2", 1),
    (events.Pruned(version="1.0.0", releases=(2, 5)), "deleted the files of releases 2, 5", 1),
]


def event(data: Data, reason: str) -> Event:
    return Event(
        schema=schema_of(data),
        seq=1,
        model="penguin",
        time="2026-11-21T12:00:00.000000Z",
        actor="Ada",
        reason=reason,
        prev=events.GENESIS,
        data=data,
    )


@pytest.mark.parametrize(("data", "told", "schema"), TOLD)
def test_an_event_is_told_in_a_sentence_and_its_reason_follows(data: Data, told: str, schema: int) -> None:
    assert sentence(event(data, "")) == told
    assert sentence(event(data, "Ada asked for it")) == f"{told}: Ada asked for it"


@pytest.mark.parametrize(("data", "told", "schema"), TOLD)
def test_an_event_is_read_back_as_it_was_written_under_the_oldest_schema_that_knows_it(
    data: Data, told: str, schema: int
) -> None:
    written, seal = events.seal(event(data, "why"))
    read, found = events.unseal(written, str(Path("log") / "1"))
    assert (read, found) == (event(data, "why"), seal)
    assert read.schema == schema


def test_a_reason_that_the_sentence_says_already_is_not_repeated() -> None:
    assert sentence(event(events.Held(version="1.0.0"), "its files stay")) == "held: its files stay"


def test_every_kind_is_told_in_its_sentence_on_the_page_and_in_the_log(
    root: Path, make_candidate: Callable[[int], Path], make_evaluation: Callable[..., Any]
) -> None:
    model = write_history(root, make_candidate, make_evaluation)
    written = (
        CliRunner(env={"COLUMNS": None}).invoke(app, ["log", "penguin", "--all", "--root", str(root)]).stdout
    )
    client: TestClient = Browser(create_app(Settings(root=root))).client
    page, address = "", "/models/penguin"
    while address:
        part = PageText(client.get(address).text)
        page, address = page + part.text, part.links.get("Older", "").partition("#")[0]
    told = {event.kind: sentence(event) for event in model.events()}
    assert told.keys() == NAMES.keys()
    for kind, what in told.items():
        # A reason may hold what terminals and pages write out.
        plain = what.partition(": ")[0] if "\x1b" in what else what
        assert f"  {kind}  " in written
        assert plain in written
        assert plain in page
        assert f" {kind.replace('_', ' ')} " in page.replace("_", " ")
