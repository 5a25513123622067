"""Paths there and folders here, translated into each other."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kubeflow.interpreter.places import Places

PLACES = Places({"gs://models": "/here/bucket", "/srv/models": "/here/claim", "/tmp/kfp": "/here/tmp/kfp"})


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("gs://models/a/b", "/here/bucket/a/b"),
        ("gs://models", "/here/bucket"),
        ("/srv/models/penguin/1", "/here/claim/penguin/1"),
        ("--input=gs://models/a", "--input=/here/bucket/a"),
        ('{"path": "/srv/models"}', '{"path": "/here/claim"}'),
        ({"a": ["gs://models/x", 1, None]}, {"a": ["/here/bucket/x", 1, None]}),
    ],
)
def test_a_place_is_a_folder_here(there: object, here: object) -> None:
    assert PLACES.here(there) == here
    assert PLACES.there(here) == there


@pytest.mark.parametrize(
    "text",
    ["gs://models-2/a", "s3://models", "/srv/models.config", "/mnt/srv/models", "gs://other/srv/models"],
)
def test_what_only_looks_like_a_place_is_left_alone(text: str) -> None:
    assert PLACES.here(text) == text


names = st.text(string.ascii_letters + string.digits + "._-", min_size=1)


@given(st.lists(names).map("/".join), st.sampled_from(["gs://models", "/srv/models"]))
def test_there_and_back_is_the_same(path: str, place: str) -> None:
    text = f"{place}/{path}"
    assert PLACES.there(PLACES.here(text)) == text
