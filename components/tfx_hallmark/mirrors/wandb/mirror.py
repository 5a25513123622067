"""A project of Weights & Biases."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tfx_hallmark.mirrors.mirror import Mirrored, Told
from tfx_hallmark.mirrors.wandb import surroundings
from tfx_hallmark.mirrors.wandb.content import Shown, run_id, shown
from tfx_hallmark.mirrors.wandb.offline import OfflineRun, drop, offline_runs
from tfx_hallmark.mirrors.wandb.process import Job, write
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import ModelState


class WandbMirror:
    """Writes a run for each version, with a model artifact that has the labels for aliases.

    Args:
        entity: Whose project it is; None for the user's own.
        project: The project.
    """

    def __init__(self, entity: str | None, project: str) -> None:
        self.entity = entity
        self.project = project

    @property
    def address(self) -> str:
        """Where it is, as `hallmark mirror` takes it."""
        return f"wandb:{self.entity}/{self.project}" if self.entity else f"wandb:{self.project}"

    def check_reachable(self) -> None:
        """Make sure that the server answers and that there is a key; offline, that runs can be written here.

        Raises:
            MirrorError: If not.
        """
        surroundings.read().check()

    def bring(self, model: Model, versions: Sequence[str], *, told: Told) -> Mirrored:
        """Write what W&B does not show yet as the registry has it now; see `Mirror`.

        Raises:
            MirrorError: If wandb fails, or is not installed.
        """
        here = surroundings.read()
        state = model.state
        labels = {label: state.releases[number].version for label, number in state.labels.items()}
        links: dict[str, str] = {}
        if here.mode == "disabled":
            for version in versions:
                told(version)
            return Mirrored(links=links, labels={})
        offline = here.mode == "offline"
        if not offline:
            here.check_key()
        job = Job(mode=here.mode, folder=str(_made(here.folder)), entity=self.entity, project=self.project)
        known = _known(model, here.folder, job.place) if offline else {}
        to_write: list[Shown] = []
        for which in _in_order(state, {*versions, *labels.values(), *known, *_last_stable(state)}):
            runs = known.get(which, [])
            one = shown(model, model.version(which), state)
            if runs and runs[-1].content == one.content:
                links[which] = str(runs[-1].folder)
                if which in versions:
                    told(which)
            else:
                to_write.append(one)
        _newest_last(model, state, to_write)
        for which, link in write(job, to_write) if to_write else ():
            links[which] = link
            drop(known.get(which, []))
            if which in versions:
                told(which)
        return Mirrored(links={which: links[which] for which in versions}, labels=labels)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"W&B cannot write its runs into {folder}: {error.strerror or error}"
        raise MirrorError(msg) from error
    return folder


def _known(model: Model, folder: Path, project: str) -> dict[str, list[OfflineRun]]:
    """Return the offline runs of each version that has any."""
    found = {version.version: offline_runs(folder, project, run_id(version)) for version in model.versions()}
    return {version: runs for version, runs in found.items() if runs}


def _last_stable(state: ModelState) -> Iterable[str]:
    """Return what is stable and what was before: a label that moved is told of both."""
    numbers = [move.release for move in state.stable_moves[-2:]]
    return [state.releases[number].version for number in numbers if number is not None]


def _in_order(state: ModelState, wanted: set[str]) -> list[str]:
    return [version for version in state.versions if version in wanted]


def _newest_last(model: Model, state: ModelState, to_write: list[Shown]) -> None:
    """See to it that W&B's own alias `latest`, which goes to whatever was logged last, is at the latest version."""
    latest = state.latest
    if to_write and latest is not None and to_write[-1].version != latest.version:
        to_write.append(shown(model, model.version(latest.version), state))
