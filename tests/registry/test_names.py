import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.errors import InvalidNameError
from tfx_hallmark.registry.names import (
    MAX_RELEASE,
    Reference,
    check_label,
    check_model_name,
    parse_reference,
    parse_release_number,
)

_FIRST = string.ascii_letters + string.digits
NAMES = st.builds(str.__add__, st.sampled_from(_FIRST), st.text(_FIRST + "._-", max_size=127)).filter(
    lambda name: name != "models.config"
)
LABELS = NAMES.filter(lambda name: name[0].isalpha() and name != "latest")
SEMANTIC = st.builds(
    "{}.{}.{}{}{}".format,
    *[st.integers(0, 10**6)] * 3,
    st.sampled_from(["", "-rc.1", "-alpha-2"]),
    st.sampled_from(["", "+build.5"]),
)
REFERENCES = st.one_of(
    st.builds(Reference, NAMES, st.just("version"), SEMANTIC),
    st.builds(Reference, NAMES, st.just("release"), st.integers(1, MAX_RELEASE).map(str)),
    st.builds(Reference, NAMES, st.just("label"), LABELS),
    st.builds(Reference, NAMES, st.just("latest"), st.just("latest")),
    st.builds(
        Reference,
        NAMES,
        st.just("digest"),
        st.text("0123456789abcdef", min_size=4, max_size=64).map("b3:".__add__),
    ),
)


@given(REFERENCES)
def test_a_reference_reads_back_as_it_was_written(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@given(st.text())
def test_any_other_text_is_refused_in_one_line(text: str) -> None:
    message = ""
    try:
        assert str(parse_reference(text)) == text
    except InvalidNameError as error:
        message = str(error)
    assert "\n" not in message


@given(st.one_of(st.text(max_size=6), st.text("0123456789٢²+- \t", max_size=6), st.integers().map(str)))
def test_i1_a_directory_name_is_a_release_only_if_it_is_the_number_as_tf_serving_prints_it(name: str) -> None:
    number = parse_release_number(name)
    assert number is None or (str(number) == name and 1 <= number <= MAX_RELEASE)


@given(st.integers(1, MAX_RELEASE))
def test_every_release_number_reads_back(number: int) -> None:
    assert parse_release_number(str(number)) == number
    assert parse_release_number(str(MAX_RELEASE + number)) is None


def test_a_number_of_any_length_is_refused_as_a_name() -> None:
    with pytest.raises(InvalidNameError):
        parse_reference("penguin@" + "9" * 5000)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b",
        "..",
        ".",
        ".hidden",
        "_x",
        "-x",
        "a b",
        " a",
        "a\n",
        "a\0",
        "a\x7f",
        "é",
        "a" * 129,
        "models.config",
    ],
)
def test_a_name_that_is_no_plain_directory_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        check_model_name(name)
    assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("label", ["", "latest", "7", "1.0.0", "a b", "a/b", "-x"])
def test_a_label_that_reads_as_something_else_is_refused(label: str) -> None:
    with pytest.raises(InvalidNameError):
        check_label(label)
