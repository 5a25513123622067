import hashlib
from collections.abc import Mapping
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry import events
from tfx_hallmark.registry.errors import CorruptLogError, HallmarkError, NewerSchemaError
from tfx_hallmark.registry.events import GENESIS, Event, seal, unseal

KINDS = [
    *["tagged", "published", "refused", "promoted", "rolled_back", "quarantined", "unquarantined", "pruned"],
    *["annotated", "adopted", "evaluated", "withdrawn", "held", "unheld", "signed", "imported", "reproduced"],
    "monitored",
]
SINCE_SCHEMA_2 = {"withdrawn", "held", "unheld", "signed", "imported"}
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
st.register_type_strategy(str, TEXT)
MADE_OF: dict[Any, st.SearchStrategy[Any]] = {Mapping[str, str]: st.dictionaries(TEXT, TEXT)}


def of_kind(kind: type) -> st.SearchStrategy[Any]:
    fields = msgspec.structs.fields(kind)
    return st.builds(
        kind, **{field.name: MADE_OF.get(field.type, st.from_type(field.type)) for field in fields}
    )


EVENTS = st.builds(
    Event,
    schema=st.just(events.SCHEMA),
    seq=st.integers(1, 2**53),
    model=TEXT,
    time=TEXT,
    actor=TEXT,
    reason=TEXT,
    prev=st.text("0123456789abcdef", min_size=64, max_size=64),
    data=st.one_of(*map(of_kind, get_args(events.Data))),
)
EXAMPLE = Event(
    schema=1,
    seq=1,
    model="m",
    time="",
    actor="",
    reason="",
    prev=GENESIS,
    data=events.Quarantined(version="1.0.0"),
)


def test_the_kinds_of_events_are_the_closed_set_of_the_design() -> None:
    assert [kind.__struct_config__.tag for kind in get_args(events.Data)] == KINDS


def test_a_kind_bears_the_oldest_schema_that_knows_it_so_that_older_hallmarks_read_on() -> None:
    for kind in get_args(events.Data):
        fields = {field.name: "" for field in msgspec.structs.fields(kind)}
        name = kind.__struct_config__.tag
        later = {"reproduced": 3, "monitored": 4}
        expected = later.get(name, 2 if name in SINCE_SCHEMA_2 else 1)
        assert (name, events.schema_of(kind(**fields))) == (name, expected)


@pytest.mark.parametrize(
    ("line", "data"),
    [
        (
            b'{"kind":"evaluated","version":"1.0.0","evidence":"b3:e","summary":"s"}',
            events.Evaluated(version="1.0.0", evidence="b3:e", summary="s"),
        ),
        (
            b'{"kind":"promoted","version":"1.0.0","release":1,"label":"stable"}',
            events.Promoted(version="1.0.0", release=1, label="stable"),
        ),
        (
            b'{"kind":"rolled_back","version":"1.0.0","release":1,"from_release":2,"staging":null}',
            events.RolledBack(version="1.0.0", release=1, from_release=2),
        ),
    ],
)
def test_an_event_of_the_first_schema_is_still_read(line: bytes, data: events.Data) -> None:
    head = b'{"schema":1,"seq":1,"model":"m","time":"","actor":"","reason":"","prev":"' + GENESIS.encode()
    event, _ = unseal(sealed(head + b'","data":' + line), "here")
    assert event == msgspec.structs.replace(EXAMPLE, data=data)


@given(EVENTS)
def test_an_event_reads_back_as_it_was_written(event: Event) -> None:
    data, digest = seal(event)
    assert unseal(data, "here") == (event, digest)
    assert data.count(b"\n") == 1


@given(EVENTS)
def test_the_seal_is_the_sha256_of_everything_before_it(event: Event) -> None:
    data, digest = seal(event)
    assert msgspec.json.decode(data)["sha256"] == digest
    assert hashlib.sha256(data[: data.rindex(b',"sha256"')]).hexdigest() == digest


@given(EVENTS, st.data())
def test_any_changed_byte_is_found(event: Event, draw: st.DataObject) -> None:
    data = bytearray(seal(event)[0])
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(CorruptLogError, match="here"):
        unseal(bytes(data), "here")


@given(EVENTS, st.data())
def test_any_truncation_or_addition_is_found(event: Event, draw: st.DataObject) -> None:
    data = seal(event)[0]
    cut = draw.draw(st.integers(0, len(data) - 1))
    for changed in (data[:cut], data[cut + 1 :], data + b"\n", data + data, data[:cut] + b" " + data[cut:]):
        with pytest.raises(CorruptLogError):
            unseal(changed, "here")


def sealed(body: bytes) -> bytes:
    return body + f',"sha256":"{hashlib.sha256(body).hexdigest()}"}}\n'.encode()


@given(st.one_of(st.binary(), st.binary().map(lambda noise: b'{"schema":1,"model":"' + noise + b'"')))
def test_a_well_sealed_file_that_is_no_event_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(HallmarkError) as caught:
        unseal(sealed(body), "here")
    assert "\n" not in str(caught.value)


@given(EVENTS)
def test_a_newer_schema_stops_the_reader_even_if_it_knows_the_kind(event: Event) -> None:
    with pytest.raises(NewerSchemaError, match="update tfx-hallmark"):
        unseal(seal(msgspec.structs.replace(event, schema=events.SCHEMA + 1))[0], "here")


def test_a_newer_schema_with_an_unknown_kind_is_named_as_newer() -> None:
    with pytest.raises(NewerSchemaError):
        unseal(sealed(f'{{"schema":{events.SCHEMA + 1},"data":{{"kind":"melted"}}'.encode()), "here")


def test_an_unknown_kind_in_this_schema_is_damage() -> None:
    data = msgspec.json.decode(seal(EXAMPLE)[0])
    del data["sha256"]
    data["data"]["kind"] = "melted"
    with pytest.raises(CorruptLogError, match="melted"):
        unseal(sealed(msgspec.json.encode(data)[:-1]), "here")
