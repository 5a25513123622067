"""What a push is told besides the evaluation: a rollout, a signing key, and the requests that clients send."""

import msgspec

from tests.signing_keys import demand_signatures, make_keys
from tests.tfx.one_line import OneLine
from tfx_hallmark import Registry
from tfx_hallmark.registry.errors import ConfigError, SignatureError


def stable(bench):
    return bench.registered.version("stable").version


def recorded(bench):
    """Gives what is on record and what is stable, to see that nothing changed."""
    return [event.kind for event in bench.registered.events()], stable(bench)


# A canary


def serve_by_labels(bench):
    Registry.open(bench.root).settings.change(
        lambda settings: msgspec.structs.replace(settings, serving_policy="labels"),
        actor="a test",
        reason="a test",
    )


def test_canary_is_published_beside_what_is_stable(evaluated):
    bench, candidate = evaluated(10, 10)
    serve_by_labels(bench)
    pushed_model = bench.push(candidate, rollout="canary")
    assert pushed_model.get_int_custom_property("pushed") == 1
    assert pushed_model.get_string_custom_property("pushed_version") == "2"
    assert pushed_model.get_string_custom_property("hallmark_rollout") == "canary"
    assert bench.registered.version("canary").version == "1.0.1"
    assert stable(bench) == "1.0.0"


def test_canary_that_would_get_all_of_the_traffic_is_refused(evaluated):
    bench, candidate = evaluated(10, 10)
    with OneLine(lambda: recorded(bench), ConfigError, "rollout='canary'", "--serving-policy labels"):
        bench.push(candidate, rollout="canary")


def test_rollout_that_there_is_not_is_refused_when_the_pipeline_is_defined(evaluated):
    bench, candidate = evaluated(10, 10)
    with OneLine(lambda: recorded(bench), ConfigError, "'blue'", "take 'stable' or 'canary'"):
        bench.pusher(candidate, rollout="blue")


# Signatures


def test_candidate_is_signed_with_the_key_that_a_path_names(evaluated, tmp_path):
    bench, candidate = evaluated(10, 10)
    keys = make_keys(tmp_path / "keys")
    demand_signatures(bench.root, keys)
    with OneLine(lambda: recorded(bench), SignatureError, "1.0.1"):
        bench.push(candidate)
    assert bench.push(candidate, signing_key=str(keys.private)).get_int_custom_property("pushed") == 1
    assert stable(bench) == "1.0.1"
    assert bench.registered.version("1.0.1").signed_by is not None
    assert keys.private.read_text() not in "".join(
        path.read_text(errors="replace") for path in bench.root.rglob("*") if path.is_file()
    )


def test_key_is_found_by_the_variable_where_no_path_is_given(evaluated, tmp_path, monkeypatch):
    bench, candidate = evaluated(10, 10)
    keys = make_keys(tmp_path / "keys")
    demand_signatures(bench.root, keys)
    monkeypatch.setenv("HALLMARK_SIGNING_KEY", str(keys.private))
    assert bench.push(candidate).get_int_custom_property("pushed") == 1


def test_key_itself_is_no_parameter(evaluated, tmp_path):
    bench, candidate = evaluated(10, 10)
    key = make_keys(tmp_path / "keys").private.read_text()
    with OneLine(lambda: recorded(bench), ConfigError, "never the key"):
        bench.pusher(candidate, signing_key=key)


# Requests that the baseline answers


def test_requests_that_a_better_candidate_answered_are_counted_in_its_verdict(evaluated):
    bench, candidate = evaluated(10, 10)
    bench.push(candidate)
    replay = bench.registered.version("stable").verdict.replay
    assert (replay.requests, replay.failures, replay.note) == (16, (), "")


def test_first_model_has_no_requests_to_answer(published):
    bench, _ = published
    replay = bench.registered.version("stable").verdict.replay
    assert (replay.requests, replay.note) == (0, "nothing was stable")
