"""One of several processes that publish into one object store; tests/object_stores/test_processes.py starts it.

Arguments: root, candidate, `gated` or `unchecked`. It reports that it is ready, waits for a line, publishes, and
prints what came of it.
"""

import json
import sys
from pathlib import Path

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence


def tell(text: str) -> None:
    """Say a line to who started it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(root: str, candidate: Path, how: str) -> None:
    """Publish a candidate."""
    model = Registry.open(root).model("penguin")
    version = model.tag(candidate).version
    baseline = model.stable()
    tell("ready")
    sys.stdin.readline()
    try:
        if how == "unchecked":
            push = model.push_unchecked(candidate, version, reason="a test")
        else:
            better = Comparison(
                metric="accuracy",
                slice=OVERALL,
                rule="change",
                absolute=0.0,
                direction="higher_is_better",
                candidate=0.9,
                baseline=0.6,
            )
            evidence = Evidence(validation_ok=True, comparisons=(better,))
            push = model.push(
                candidate, version, Evaluation(blessed=1, baseline=baseline, compared=True, evidence=evidence)
            )
    except HallmarkError as error:
        tell(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        return
    tell(json.dumps({"version": version, "release": push.release, "passed": push.verdict.passed}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
