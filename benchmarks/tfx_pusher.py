"""Times TFX's own Pusher, import excluded: pushes a model as often as asked and prints the seconds as JSON.

Run by `benchmarks.publish`: `python -m benchmarks.tfx_pusher MODEL_ARTIFACT SCRATCH RUNS`.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

from tfx.components.pusher import executor
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils


def push(model: Path, scratch: Path) -> float:
    """Push once, as a pipeline does: with a blessing, to a base directory and to the PushedModel artifact.

    Args:
        model: A Model artifact's directory, with `Format-Serving` in it.
        scratch: A directory that does not exist yet; deleted afterwards.

    Returns:
        Wall time of `Executor.Do`, seconds.
    """
    candidate = standard_artifacts.Model()
    candidate.uri = str(model)
    blessing = standard_artifacts.ModelBlessing()
    blessing.uri = str(scratch / "blessing")
    blessing.set_int_custom_property("blessed", 1)
    pushed = standard_artifacts.PushedModel()
    pushed.uri = str(scratch / "pushed")
    base = scratch / "serving"
    for folder in (blessing.uri, pushed.uri, base):
        Path(folder).mkdir(parents=True)
    destination = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(base))
    )
    os.sync()
    start = time.perf_counter()
    executor.Executor().Do(
        {"model": [candidate], "model_blessing": [blessing]},
        {"pushed_model": [pushed]},
        {"push_destination": proto_utils.proto_to_json(destination)},
    )
    taken = time.perf_counter() - start
    if pushed.get_int_custom_property("pushed") != 1:
        msg = "Pusher did not push"
        raise SystemExit(msg)
    shutil.rmtree(scratch)
    return taken


def main() -> None:
    """Push as often as asked."""
    model, scratch, runs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    print(json.dumps([push(model, scratch / f"pusher-{run}") for run in range(runs)]))


if __name__ == "__main__":
    main()
