"""I9 in a pipeline: a version in quarantine is neither handed out as a baseline nor published again."""

from pathlib import Path

from tfx_hallmark.baseline.handover import read_baseline
from tfx_hallmark.registry.tree import digest_tree


def test_i9_stable_baseline_hands_out_what_took_the_place_of_a_version_in_quarantine(serving):
    bench, _ = serving
    better = bench.prepare(bench.train(10, 10, seed=1))
    assert bench.push(better).get_int_custom_property("pushed") == 1
    model = bench.registered
    bad = model.version("stable").version
    model.quarantine("stable", reason="it leaks")
    for _ in range(2):  # also a second time, after a rollback that has nothing to go back to
        candidate = bench.hand_out_baseline(bench.tag(bench.train(5, 5, seed=2)))
        handed = read_baseline(candidate.baseline)
        assert (handed.version, handed.release) == ("1.0.0", 3)
        assert handed.version != bad
        files = Path(candidate.baseline.uri) / "Format-Serving"
        assert digest_tree(files).digest == model.version("1.0.0").digest


def test_i9_with_nothing_good_left_no_baseline_is_handed_out(serving):
    bench, _ = serving
    bench.registered.quarantine("1.0.0", reason="it leaks")
    candidate = bench.hand_out_baseline(bench.tag(bench.train(5, 5, seed=2)))
    assert read_baseline(candidate.baseline) is None
    assert candidate.baseline.get_int_custom_property("exists") == 0
    assert not (Path(candidate.baseline.uri) / "Format-Serving").exists()


def test_i9_a_version_that_was_put_in_quarantine_after_its_evaluation_is_not_published(serving):
    bench, _ = serving
    candidate = bench.prepare(bench.train(10, 10, seed=1))
    version = candidate.model_version.get_string_custom_property("version")
    bench.registered.quarantine(version, reason="it leaks")
    pushed = bench.push(candidate)
    assert pushed.get_int_custom_property("pushed") == 0
    assert "quarantine" in pushed.get_string_custom_property("hallmark_verdict")
    assert bench.registered.state.labels == {"stable": 1}
    assert [path.name for path in bench.registered.path.iterdir()] == ["1"]
