"""No secret gets into records that are never deleted, and what is none stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.redaction import REDACTED, redacted, without_credentials, without_secrets

# Put together here, so that no scanner of repositories takes them for real ones.
GITHUB = "gh" + "p_" + "A1b2" * 9
AWS = "AK" + "IA" + "ABCD1234EFGH5678"
JWT = "ey" + "J" + "a" * 12 + ".ey" + "J" + "b" * 12 + "." + "c" * 8
PEM = "-----BEGIN RSA PRIVATE " + "KEY-----\nabc\ndef\n-----END RSA PRIVATE " + "KEY-----"


@pytest.mark.parametrize(
    "key",
    [
        "password", "PASSWORD", "db_password", "dbPassword", "user-passwd", "apiKey", "api_key", "API_KEYS",
        "access_token", "accessToken", "token", "secret", "client_secret", "aws_secret_access_key", "credentials",
        "private_key", "passphrase", "Authorization", "signing_key",
    ],
)  # fmt: skip
def test_what_is_named_like_a_secret_is_replaced_whole(key: str) -> None:
    assert without_secrets({key: "hunter2"}) == {key: REDACTED}
    assert without_secrets({key: {"inside": ["hunter2"]}}) == {key: REDACTED}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_tokens", 512),
        ("token", 7),
        ("pad_token", "<pad>"),
        ("eos_token", "</s>"),
        ("unk_token", "<unk>"),
        ("tokenizer", "wordpiece"),
        ("key", "label"),
        ("label_key", "species"),
        ("feature_keys", ["culmen"]),
        ("use_password", True),
        ("password", None),
        ("password", ""),
        ("learning_rate", 0.1),
        ("monkey", "business"),
    ],
)
def test_what_is_no_secret_stays_as_it_is(key: str, value: object) -> None:
    assert without_secrets({key: value}) == {key: value}


@given(st.integers(0, 6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_secret_is_found_however_deep_it_lies(depth: int, in_list: list[bool]) -> None:
    inner: object = {"password": "hunter2", "units": 8}
    for at in range(depth):
        inner = [inner] if in_list[at] else {"inside": inner}
    whole = without_secrets({"outside": inner})
    assert "hunter2" not in str(whole)
    assert REDACTED in str(whole)
    assert "'units': 8" in str(whole)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["adam", "a b", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["units", "rate"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["layers", "optimizer", "seed"]), JSON))
def test_settings_without_secrets_are_kept_to_the_letter(settings: dict[str, object]) -> None:
    assert without_secrets(settings) == settings


@given(st.dictionaries(st.sampled_from(["password", "layers", "url", "note"]), JSON | st.just(GITHUB)))
def test_what_was_redacted_once_is_not_changed_by_doing_it_again(settings: dict[str, object]) -> None:
    once = without_secrets(settings)
    assert without_secrets(once) == once


@pytest.mark.parametrize("secret", [GITHUB, AWS, JWT, PEM])
@pytest.mark.parametrize("around", ["{}", "before {} after", "x={};y=2", '"{}"', "(see {})"])
def test_a_token_of_a_well_known_form_is_found_in_any_text(secret: str, around: str) -> None:
    assert redacted(around.format(secret)) == around.format(REDACTED)
    assert without_secrets({"note": [around.format(secret)]}) == {"note": [around.format(REDACTED)]}


def test_a_private_key_that_was_cut_off_is_taken_out_to_the_end() -> None:
    assert redacted("key: " + PEM[:-20]) == f"key: {REDACTED}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgresql://me:hunter2@host:5432/db", f"postgresql://{REDACTED}@host:5432/db"),
        ("https://hunter2@github.com/a/b.git", f"https://{REDACTED}@github.com/a/b.git"),
        ("see https://me:hunter2@host/x and more", f"see https://{REDACTED}@host/x and more"),
        ("https://host/x?token=hunter2&page=2", f"https://host/x?token={REDACTED}&page=2"),
        ("https://host/x?sig=hunter2", f"https://host/x?sig={REDACTED}"),
        ("https://host/x?X-Amz-Signature=hunter2", f"https://host/x?X-Amz-Signature={REDACTED}"),
        (
            "abfss://container@account.dfs.core.windows.net/x",
            "abfss://container@account.dfs.core.windows.net/x",
        ),
        ("gs://bucket/data@2024/x", "gs://bucket/data@2024/x"),
        ("https://host/x?page=2", "https://host/x?page=2"),
        ("me@example.com", "me@example.com"),
    ],
)
def test_credentials_of_an_address_are_taken_out_and_the_address_stays(text: str, kept: str) -> None:
    assert redacted(text) == kept


@pytest.mark.parametrize(
    ("remote", "kept"),
    [
        ("https://me:hunter2@github.com/a/b.git", "https://github.com/a/b.git"),
        ("https://hunter2@github.com/a/b.git?x=1", "https://github.com/a/b.git"),
        ("https://github.com/a/b.git", "https://github.com/a/b.git"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("ssh://git@github.com/a/b.git", "ssh://github.com/a/b.git"),
        ("/srv/git/b.git", "/srv/git/b.git"),
    ],
)
def test_a_git_remote_is_kept_without_its_credentials(remote: str, kept: str) -> None:
    assert without_credentials(remote) == kept


@given(st.text(max_size=40))
def test_no_text_at_all_breaks_it(text: str) -> None:
    for address in (text, f"https://{text}@host/x", f"{text}:hunter2@host", f"https://[{text}"):
        without_credentials(address)
        redacted(address)
