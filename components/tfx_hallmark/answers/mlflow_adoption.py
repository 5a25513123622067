"""The answer of `adopt mlflow:NAME`: what became of the versions of a registered model of MLflow."""

import msgspec


class TakenOver(msgspec.Struct, frozen=True, kw_only=True):
    """One registered version of MLflow, and what became of it.

    Attributes:
        number: Its number there.
        aliases: Its aliases there.
        version: The semantic version that its content has; null if it was left out.
        bump: `first`, `major`, `minor` or `patch`.
        already: Whether its content was on record before.
        measured: How many of its metrics were recorded, or would be.
        label: The label that moves to its release; null for none.
        left_out: Why it was left out; empty if it was not.
    """

    number: int
    aliases: tuple[str, ...] = ()
    version: str | None = None
    bump: str = ""
    already: bool = False
    measured: int = 0
    label: str | None = None
    left_out: str = ""


class MlflowAdoption(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `adopt mlflow:NAME`, and of its dry run.

    Attributes:
        root: The registry root.
        model: The model's name here.
        mlflow: The MLflow, without anything secret.
        registered_model: The model's name there.
        dry_run: Whether nothing was changed.
        versions: All of MLflow's versions, lowest number first.
    """

    root: str
    model: str
    mlflow: str
    registered_model: str
    dry_run: bool
    versions: tuple[TakenOver, ...]
