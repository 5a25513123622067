"""The steps around an adoption: finding the base path, refusing it before anything is made, rehearsing."""

import os
from pathlib import Path

import msgspec

from tfx_hallmark.registry.adoption.adoption import Adopter
from tfx_hallmark.registry.adoption.outcome import Adoption, PushRecords
from tfx_hallmark.registry.adoption.rehearsal import Rehearsal
from tfx_hallmark.registry.adoption.survey import Outlook, outlook
from tfx_hallmark.registry.errors import AdoptionRefusedError, NotFoundError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import ServingPolicy


def base_path_of(directory: str | Path, model: str | None) -> Path:
    """Return the base path that a user means; its name is the model's, its parent the registry root.

    Args:
        directory: The base path, or the directory above it if `model` names it.
        model: The model's name; None for the base path's own.

    Raises:
        NotFoundError: If there is no such directory.
        InvalidNameError: If its name cannot be a model's.
        AdoptionRefusedError: If it bears another name than the model.
    """
    given = Path(os.path.normpath(Path(directory).absolute()))
    base = given if model is None or not (given / model).is_dir() else given / model
    if model is not None and base.name != model:
        msg = (
            f"{given} is not called {model}, and holds no directory of that name: a model bears the name of its "
            "directory, which is also its name in TF Serving; leave out --model, or rename the directory"
        )
        raise AdoptionRefusedError(msg)
    if not base.is_dir():
        msg = f"{base} is no directory: give the one that TFX Pusher's push_destination names"
        raise NotFoundError(msg)
    if base.is_symlink():
        msg = f"{base} is a symbolic link: give the directory that it leads to"
        raise AdoptionRefusedError(msg)
    check_model_name(base.name)
    return base


def look_over(ledger: Ledger, base: Path, policy: ServingPolicy) -> Outlook:
    """Return whether a base path can be adopted; nothing is changed."""
    return outlook(base, ledger.refresh().releases, policy)


def rehearse(
    ledger: Ledger, base: Path, *, policy: ServingPolicy, pushes: PushRecords, progress: Progress
) -> Adoption:
    """Return what `adopt` would do, without events, for nothing is committed; the arguments are as of it."""
    adopter = Adopter(
        Rehearsal(ledger), base, policy=policy, pushes=pushes, actor="a rehearsal", reason="a rehearsal"
    )
    return msgspec.structs.replace(adopter.run(progress=progress), events=())


def adopt(
    ledger: Ledger,
    directories: Releases,
    *,
    policy: ServingPolicy,
    pushes: PushRecords,
    actor: str,
    reason: str,
    progress: Progress,
) -> Adoption:
    """Adopt a base path; see `Registry.adopt`."""
    directories.prepare()
    adopter = Adopter(ledger, directories.base, policy=policy, pushes=pushes, actor=actor, reason=reason)
    adoption = adopter.run(progress=progress)
    ledger.save_checkpoint()
    return adoption
