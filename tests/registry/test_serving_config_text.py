"""One model's entry of `models.config` is read as protobuf reads it, and replaced with the rest left to the byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.serving.server_config_text import Entry, ServerConfigText, glimpse
from tfx_hallmark.registry.serving.text_format import parse, quoted, string

text_format = pytest.importorskip("google.protobuf.text_format")
model_server_config_pb2 = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")

HAND_MADE = """# Kept by the platform team.
model_config_list {
  config { name: 'other' base_path: "/else/other" model_platform: "tensorflow" }  # do not touch
  config {
    name: "pen" 'guin'
    logging_config { sampling_config { sampling_rate: 0.1 } }
    # where it lies
    base_path: "/old/penguin",
    model_version_policy: { specific: { versions: [1, 0x2] } }
    version_labels { key: "stable" value: 2 };
  }
  config: [{ name: "third" base_path: "/else/third" }]
}
"""


def meaning(text: str) -> object:
    """Gives what protobuf's own reader makes of a file."""
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def told(text: str, model: str) -> tuple[str, tuple[int, ...], dict[str, int]]:
    """Gives what protobuf's own reader says of a model."""
    (config,) = [one for one in meaning(text).model_config_list.config if one.name == model]  # type: ignore[attr-defined]
    versions = tuple(sorted(set(config.model_version_policy.specific.versions)))
    return config.base_path, versions, dict(config.version_labels)


def others(text: str, model: str) -> list[bytes]:
    return [
        one.SerializeToString(deterministic=True)
        for one in meaning(text).model_config_list.config  # type: ignore[attr-defined]
        if one.name != model
    ]


def entries(*, any_path: bool = True) -> st.SearchStrategy[Entry]:
    paths = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda text: f"/{text}")
    numbers = st.sets(st.integers(1, 2**63 - 1), min_size=1, max_size=5)
    labels = st.text("abcdefghijklmnopqrstuvwxyz-._0123456789", min_size=1, max_size=8)

    def entry(versions: set[int]) -> st.SearchStrategy[Entry]:
        chosen = st.sampled_from(sorted(versions))
        return st.builds(
            Entry,
            base_path=paths if any_path else st.just("/models/penguin"),
            versions=st.just(tuple(sorted(versions))),
            labels=st.dictionaries(labels, chosen, max_size=3),
            loading=st.sets(chosen, max_size=2).map(lambda marked: tuple(sorted(marked))),
        )

    return numbers.flatmap(entry)


@given(entries())
def test_what_is_written_is_what_protobuf_reads_and_is_read_back(entry: Entry) -> None:
    text = ServerConfigText("", "f").with_entry("penguin", entry)
    assert told(text, "penguin") == (entry.base_path, entry.versions, entry.labels)
    assert ServerConfigText(text, "f").entry("penguin") == entry
    assert glimpse(text, "penguin") == entry


@given(entries(), entries())
def test_a_file_edited_by_hand_keeps_all_else_to_the_byte(one: Entry, other: Entry) -> None:
    text = ServerConfigText(HAND_MADE, "f").with_entry("penguin", one)
    assert told(text, "penguin") == (one.base_path, one.versions, one.labels)
    assert others(text, "penguin") == others(HAND_MADE, "penguin")
    for line in HAND_MADE.splitlines():
        if not any(word in line for word in ('base_path: "/old', "versions", "version_labels")):
            assert f"{line}\n" in text
    again = ServerConfigText(text, "f").with_entry("penguin", other)
    assert ServerConfigText(again, "f").entry("penguin") == other
    assert others(again, "penguin") == others(HAND_MADE, "penguin")


@given(entries())
def test_an_entry_that_is_taken_out_again_leaves_the_file_as_it_was(entry: Entry) -> None:
    before = ServerConfigText("", "f").with_entry("adelie", entry)
    text = ServerConfigText(before, "f").with_entry("penguin", entry)
    assert ServerConfigText(text, "f").with_entry("penguin", None) == before
    assert ServerConfigText(before, "f").with_entry("penguin", None) == before


@pytest.mark.parametrize("name", ["other", "penguin", "third"])
def test_of_several_forms_of_a_list_any_entry_can_be_taken_out(name: str) -> None:
    text = ServerConfigText(HAND_MADE, "f").with_entry(name, None)
    assert ServerConfigText(text, "f").entry(name) is None
    assert others(text, name) == others(HAND_MADE, name)
    assert "# Kept by the platform team." in text


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_an_element_of_a_list_goes_with_its_comma(name: str) -> None:
    before = 'model_config_list { config: [{name: "a"}, # , one\n {name: "b"} , {name: "c"}] }'
    text = ServerConfigText(before, "f").with_entry(name, None)
    assert [one.name for one in meaning(text).model_config_list.config] == [  # type: ignore[attr-defined]
        other for other in "abc" if other != name
    ]


def test_the_present_entry_is_read_as_protobuf_reads_it() -> None:
    entry = ServerConfigText(HAND_MADE, "f").entry("penguin")
    assert entry == Entry(base_path="/old/penguin", versions=(1, 2), labels={"stable": 2})
    assert told(HAND_MADE, "penguin") == (entry.base_path, entry.versions, entry.labels)
    assert ServerConfigText(HAND_MADE, "f").entry("adelie") is None


def test_a_mark_says_which_versions_are_not_known_to_be_loaded() -> None:
    entry = Entry(base_path="/m", versions=(2, 3), labels={"stable": 2}, loading=(3,))
    text = ServerConfigText("", "f").with_entry("penguin", entry)
    assert "versions: 3  # loading\n" in text
    assert "versions: 2\n" in text
    assert told(text, "penguin") == ("/m", (2, 3), {"stable": 2})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_string_is_quoted_as_protobuf_reads_it(text: str) -> None:
    (field,) = parse(f"name: {quoted(text)}")
    assert string(field.values[0]).decode() == text
    config = meaning(f"model_config_list {{ config {{ name: {quoted(text)} }} }}")
    assert config.model_config_list.config[0].name == text  # type: ignore[attr-defined]


@settings(max_examples=300)
@given(st.text("{}[]<>:,;.\"'\\#x01a_- \n", max_size=30))
def test_what_protobuf_refuses_of_a_file_is_never_written_to(noise: str) -> None:
    text = f'model_config_list {{ config {{ name: "other" base_path: "/m" }} }}\n{noise}'
    try:
        after = ServerConfigText(text, "f").with_entry(
            "penguin", Entry(base_path="/m", versions=(1,), labels={"stable": 1})
        )
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    meaning(text)
    assert told(after, "penguin") == ("/m", (1,), {"stable": 1})


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("model_config_list {", "the name of a field is expected, not the end"),
        ("model_config_list { config { name 1 } }", "':'"),
        ("custom_model_config { }", "has a custom_model_config"),
        ("model_config_list { } model_config_list { }", "one model_config_list and nothing else"),
        ("something_else: 1", "one model_config_list and nothing else"),
        ("model_config_list { config { name: 3 } }", "a text in quotes is expected"),
        ('model_config_list { config { name: "a\\q" } }', "means nothing"),
        ("{" * 200, ""),
        ("\0", ""),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(text: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ServerConfigText(text, "/srv/models.config")
    assert "\n" not in str(caught.value)
    assert "/srv/models.config" in str(caught.value)
    assert part in str(caught.value)


def test_a_model_that_is_listed_twice_is_refused() -> None:
    text = 'model_config_list { config { name: "penguin" } config { name: "penguin" } config { name: "b" } }'
    with pytest.raises(ConfigError, match="lists the model penguin twice"):
        ServerConfigText(text, "f").entry("penguin")
    assert ServerConfigText(text, "f").entry("b") is not None


def test_a_base_path_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        ServerConfigText("", "f").with_entry("penguin", Entry(base_path="/\udcff", versions=(1,), labels={}))


def test_an_entry_that_merely_looks_like_the_models_own_is_not_glimpsed() -> None:
    written = ServerConfigText("", "f").with_entry(
        "penguin", Entry(base_path="/m", versions=(1,), labels={"stable": 1})
    )
    assert glimpse(written, "penguins") is None
    assert glimpse(written.replace("  config {", "  config  {"), "penguin") is None
    body = written.removeprefix("model_config_list {\n").removesuffix("}\n")
    assert glimpse(f"model_config_list {{\n{body}{body}}}\n", "penguin") is None
