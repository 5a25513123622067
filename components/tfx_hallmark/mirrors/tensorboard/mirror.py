"""A folder of event files that TensorBoard shows."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfx_hallmark.answers.measured import read
from tfx_hallmark.mirrors.mirror import Mirrored, Told
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.model import Model


class TensorBoardMirror:
    """Writes `<folder>/<model>`, the line over its versions, and `<folder>/<model>/<version>`, a run for each.

    Args:
        folder: What TensorBoard is started with.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        """Where it is, as `hallmark mirror` takes it."""
        return f"tensorboard:{self.folder}"

    def check_reachable(self) -> None:
        """Make sure that the folder is there and may be written, or can be made.

        Raises:
            MirrorError: If not.
        """
        try:
            there = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        except OSError as error:
            raise self._unwritable(error) from error
        if not there.is_dir():
            msg = f"{self.address} cannot be written: {there} is no folder"
            raise MirrorError(msg)
        if not os.access(there, os.W_OK | os.X_OK):
            msg = f"{self.address} cannot be written: nothing may be written into {there}"
            raise MirrorError(msg)

    def bring(self, model: Model, versions: Sequence[str], *, told: Told) -> Mirrored:
        """Write what is not there yet as the registry has it now; see `Mirror`.

        Raises:
            MirrorError: If a file cannot be written, or TensorBoard is not installed.
        """
        try:
            from tfx_hallmark.mirrors.tensorboard.event_files import write_run
            from tfx_hallmark.mirrors.tensorboard.model_run import model_events
            from tfx_hallmark.mirrors.tensorboard.version_run import version_events
        except ImportError as error:
            msg = f"TensorBoard cannot be used here ({error}): pip install 'tfx-hallmark[tensorboard]'"
            raise MirrorError(msg) from error
        folder = self.folder / model.name
        links: dict[str, str] = {}
        with self._alone(folder):
            state = model.state  # as of within the lock: who writes last knows most
            steps = {version: step for step, version in enumerate(state.versions, start=1)}
            for which in versions:
                version = model.version(which)
                run = folder / version.version
                write_run(run, version_events(version, steps[version.version]), state.seq)
                links[which] = str(run)
                told(which)
            write_run(folder, model_events(state, read(model.versions(state))), state.seq)
        return Mirrored(
            links=links,
            labels={label: state.releases[number].version for label, number in state.labels.items()},
        )

    @contextlib.contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Keep others who bring the same model out, and tell what the disk does not take in a line."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / ".hallmark.lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> MirrorError:
        where = f" ({error.filename})" if error.filename else ""
        return MirrorError(f"{self.address} cannot be written: {error.strerror or error}{where}")
