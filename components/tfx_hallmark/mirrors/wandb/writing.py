"""Writes runs by wandb, as a process of its own; see `process`.

So that of wandb's chatter, its service and its handlers at exit nothing reaches the process that brings versions,
which may have a run of its own open.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import IO, Any

from tfx_hallmark.mirrors.wandb.offline import MARK


def main() -> None:
    """Read what is to be written from the standard input; answer each run that is done with a line of JSON."""
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    # Whatever else prints goes to the standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import wandb

    for run in job["runs"]:
        _answer(answers, _write(wandb, job, run))
    wandb.teardown()


def _end_with_the_other() -> None:
    """End when the process that asked is gone, however it went: an upload may be tried again for hours."""
    os.read(0, 1)
    os._exit(1)


def _answer(answers: IO[str], told: dict[str, str]) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()


def _write(wandb: Any, job: dict[str, Any], shown: dict[str, Any]) -> dict[str, str]:
    online = job["mode"] == "online"
    settings = wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,  # the commit is the version's, not the one that is checked out here
        save_code=False,
        disable_job_creation=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_save_requirements=False,
    )
    run = wandb.init(
        mode=job["mode"],
        dir=job["folder"],
        entity=job["entity"],
        project=job["project"],
        id=shown["id"],
        resume="allow" if online else None,
        name=shown["name"],
        group=shown["group"],
        job_type="version",
        tags=shown["tags"],
        notes=shown["notes"],
        config=shown["config"],
        settings=settings,
        allow_val_change=True,
    )
    run.define_metric("epoch")
    run.define_metric("training/*", step_metric="epoch")
    for epoch, values in sorted((int(epoch), values) for epoch, values in shown["history"].items()):
        if epoch >= run.step:  # a run that is resumed has those before
            run.log({"epoch": epoch, **values}, step=epoch)
    run.summary.update(shown["summary"])
    folder = Path(run.settings.sync_dir)
    _log_artifact(wandb, run, shown["artifact"], folder, wait=online)
    link = run.url if online else str(folder)
    run.finish()
    if not online:
        (folder / MARK).write_text(json.dumps({"place": job["place"], "content": shown["content"]}))
    return {"version": shown["version"], "link": link or ""}


def _log_artifact(wandb: Any, run: Any, told: dict[str, Any], folder: Path, *, wait: bool) -> None:
    artifact = wandb.Artifact(
        told["name"], type="model", description=told["description"], metadata=told["metadata"]
    )
    # In the folder of the run, from where `wandb sync` takes it, and not copied to the user's cache.
    file = folder / "manifest.json"
    file.write_text(told["manifest"])
    artifact.add_file(str(file), name="manifest.json", policy="immutable", skip_cache=True)
    logged = run.log_artifact(artifact, aliases=told["aliases"])
    if wait:  # wandb would tell nobody that it did not arrive
        logged.wait()


if __name__ == "__main__":
    main()
