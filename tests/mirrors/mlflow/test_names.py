"""Names and values as MLflow permits them: held against MLflow's own rules."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_hallmark.mirrors.mlflow.names import IN, alias_of, flattened, keys_of, shortened

NAMES = st.text(max_size=300) | st.text("ab/. :,_" + IN, max_size=12)


@settings(max_examples=50)
@given(st.lists(NAMES, max_size=6))
def test_mlflow_takes_every_key_and_no_two_names_share_one(names: list[str]) -> None:
    from mlflow.utils.validation import MAX_ENTITY_KEY_LENGTH, _validate_metric_name, _validate_param_name

    keys = keys_of(names)
    assert set(keys) == set(names)
    assert len(set(keys.values())) == len(keys)
    for key in keys.values():
        _validate_metric_name(key)
        _validate_param_name(key)
        assert 0 < len(key) <= MAX_ENTITY_KEY_LENGTH


def test_what_is_permitted_stays_as_it_is() -> None:
    wanted = {
        "learning rate": "learning rate",
        f"island:Biscoe{IN}auc": "island:Biscoe/auc",
        "a.b-c_d": "a.b-c_d",
    }
    assert keys_of(wanted) == wanted


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,127}", fullmatch=True))
def test_mlflow_takes_every_alias(label: str) -> None:
    from mlflow.utils.validation import _validate_model_alias_name, _validate_model_alias_name_reserved

    _validate_model_alias_name(alias_of(label))
    _validate_model_alias_name_reserved(alias_of(label))
    assert (alias_of(label) == label) is ("." not in label and not reserved(label))


def reserved(label: str) -> bool:
    return label.lower() == "latest" or (label[0] in "vV" and label[1:].isdigit())


def test_values_are_text_and_what_is_cut_off_shows() -> None:
    assert flattened({"a": {"b": 1, "c": "x"}, "d": [1, None], "e": {}}) == {
        "a.b": "1",
        "a.c": "x",
        "d": "[1, null]",
        "e": "{}",
    }
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
