"""`hallmark adopt mlflow:NAME`: takes over the versions of a registered model of MLflow."""

import click

from tfx_hallmark.answers.mlflow_adoption import MlflowAdoption, TakenOver
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.background_sync import start_sync
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import root_to_fill
from tfx_hallmark.registry.names import check_label, check_model_name
from tfx_hallmark.registry.store_url import Root

KIND = "mlflow:"


def adopt_from_mlflow(
    name: str,
    *,
    tracking_uri: str | None,
    root: Root | None,
    model: str | None,
    labels: tuple[str, ...],
    reason: str,
    metadata: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take over a registered model; the arguments are the command's.

    Raises:
        HallmarkError: If it cannot be; see `mirrors.mlflow.adopting`.
    """
    # Only here: whoever adopts a directory waits for none of it.
    from tfx_hallmark.mirrors.mlflow.adopting import Wish, adopt_registered
    from tfx_hallmark.mirrors.mlflow.place import parse_place

    if not tracking_uri:
        msg = f"{KIND}{name} needs --tracking-uri URI, or MLFLOW_TRACKING_URI"
        raise click.UsageError(msg)
    wish = Wish(
        model=check_model_name(model or name),
        labels=dict(_label(text) for text in labels),
        reason=reason,
        dry_run=dry_run,
    )
    registry, place = root_to_fill(root), parse_place(tracking_uri)
    progress = Progress(f"{wish.model}: versions read")
    try:
        versions = adopt_registered(place, name, registry, wish, told=progress)
    finally:
        progress.end()
    answer = MlflowAdoption(
        root=as_text(registry.root),
        model=wish.model,
        mlflow=place.shown,
        registered_model=name,
        dry_run=dry_run,
        versions=versions,
    )
    print_json(answer) if as_json else _print(answer)
    if not dry_run:
        start_sync(registry.root, wish.model, metadata=metadata)


def _label(text: str) -> tuple[str, str]:
    which, _, label = text.partition("=")
    return which, check_label(label or which)


def _print(answer: MlflowAdoption) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    if answer.versions:
        headers = ("mlflow", "aliases", "version", "label", "")
        page.table(headers, [_row(one) for one in answer.versions], right=(0,))
    came = [one for one in answer.versions if one.version is not None]
    new = len({one.version for one in came if not one.already})
    done = "would be adopted" if answer.dry_run else "adopted"
    left = len(answer.versions) - len(came)
    page.line(
        (f"{answer.model}: ", "bold"),
        f"{counted(new, 'version')} {done}, {len(came) - new:,} known before"
        + (f", {left:,} left out" if left else ""),
    )
    page.line(("registry root: ", "dim"), answer.root)


def _row(one: TakenOver) -> tuple[str, ...]:
    if one.left_out:
        told = f"left out: {one.left_out}"
    else:
        told = "known before" if one.already else one.bump
        told += f", {counted(one.measured, 'metric')}" if one.measured else ""
    return str(one.number), ", ".join(one.aliases) or "-", one.version or "-", one.label or "-", told
