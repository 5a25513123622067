"""Two pipelines that run at the same time against one registry and one ML Metadata, a SQLite file."""

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.tfx.pipeline_pair import run_at_once
from tests.tfx.pipelines import Pipelines
from tests.tfx.workbench import NAME, moved_to
from tfx_hallmark import Registry


def test_i3_of_two_pipelines_that_beat_the_same_baseline_one_becomes_stable(tmp_path, published):
    bench, _ = moved_to(*published, tmp_path / "bench")
    pipelines = Pipelines(tmp_path, bench.root)
    assert not (tmp_path / "mlmd.db").exists(), "so both make its tables and register types in it"
    run_at_once(pipelines, (10, 10), (15, 15))

    registered = Registry.open(bench.root).model(NAME)
    new = list(registered.events())[2:]
    assert sorted(event.kind for event in new) == ["published", "refused", "tagged", "tagged"]
    [winner] = [event.data.version for event in new if event.kind == "published"]
    [loser] = [event.data.version for event in new if event.kind == "refused"]
    assert registered.version("stable").version == winner
    assert registered.version("stable").releases == (2,)
    assert [reason.text for reason in registered.version(loser).verdict.reasons] == [
        "baseline moved from release 1 to release 2"
    ]

    store = pipelines.store
    executions = store.get_executions()
    assert len(executions) == 2 * 7
    done = {mlmd.Execution.COMPLETE, mlmd.Execution.CACHED}
    assert {execution.last_known_state for execution in executions} <= done
    pushed = {
        artifact.custom_properties["hallmark_version"].string_value: artifact.custom_properties[
            "pushed"
        ].int_value
        for artifact in store.get_artifacts_by_type("PushedModel")
    }
    assert pushed == {winner: 1, loser: 0}
