"""`hallmark config`: what holds for all models of a registry root, and changes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import msgspec

from tfx_hallmark.answers.operation import done, would_move
from tfx_hallmark.answers.serving_plan import told
from tfx_hallmark.answers.settings import ConfigTold, config_told
from tfx_hallmark.answers.text import counted, minute
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry
from tfx_hallmark.registry.actor import check_reason, current_actor
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page

_CHANGING = "bringing every model in step"


def _root_for_servers(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    if not text:
        return text
    # TF Serving refuses a relative base path, and with it the whole file (ValidateModelConfigList).
    try:
        absolute = text.startswith("/") or bool(urlsplit(text).scheme and "://" in text)
    except ValueError:
        absolute = False
    if not absolute or not text.isprintable():
        msg = f"{text!r} is no absolute path and no URL"
        raise click.BadParameter(msg)
    return text


def _addresses(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    from tfx_hallmark.registry.serving.model_status import check_address

    return tuple(dict.fromkeys(check_address(part) for part in text.split(",") if part.strip()))


@click.command("config")
@click.option(
    "--serving-policy", type=click.Choice(["latest", "labels"]), help="What makes TF Serving serve a release."
)
@click.option(
    "--serving-root",
    callback=_root_for_servers,
    metavar="PATH|URL",
    help='The root as the model servers see it, for models.config; "" for where it lies.',
)
@click.option(
    "--standby",
    type=click.IntRange(min=0),
    metavar="N",
    help="Under labels, how many earlier good versions stay loaded, so that a rollback waits for no loading.",
)
@click.option(
    "--servers",
    callback=_addresses,
    metavar="URL,...",
    help='REST interfaces of the model servers; "" for none.',
)
@click.option(
    "--rollback-targets",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many earlier good versions 'prune' must leave of each model.",
)
@click.option(
    "--require-signatures/--no-require-signatures",
    default=None,
    help="Whether only a version with a good signature may be published or get a label.",
)
@click.option(
    "--public-key",
    "public_keys",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="PEM file of a key that signatures are checked with; repeat it for more. They replace the present ones.",
)
@click.option(
    "--deliveries",
    "deliveries",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML file with the mirrors, webhooks and notifications that get every event. They replace the present ones.",
)
@click.option(
    "--reason", default="", metavar="TEXT", help="Why; it stays on record. Needed for every change."
)
@options.dry_run
@options.root
@options.as_json
def command(
    reason: str,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
    public_keys: tuple[Path, ...],
    deliveries: Path | None,
    **given: Any,
) -> None:
    """Show what holds for all models of a registry root, or change it.

    A switch of the serving policy from labels to latest gives every stable version that has not the highest
    number a new one, so that what serves stays what is stable: an event each, with the reason. A switch to labels
    writes models.config.

    \b
    Examples:
      hallmark config
      hallmark config --serving-policy labels --serving-root /models --reason "canaries"
      hallmark config --servers http://a:8501,http://b:8501 --reason "two replicas"
      hallmark config --deliveries deliveries.yaml --reason "tell the team"
      hallmark config --serving-policy latest --dry-run --reason "trying it out"
    """  # noqa: D301
    changes = {name: value for name, value in given.items() if value is not None}
    if public_keys:
        from tfx_hallmark.registry.signatures import load_public_key

        changes["public_keys"] = tuple(load_public_key(path) for path in public_keys)
    if deliveries is not None:
        from tfx_hallmark.cli.deliveries_file import read_destinations

        changes["destinations"] = read_destinations(deliveries)
    registry = open_registry(root)
    if not changes:
        if reason or dry_run:
            msg = "Nothing is to be changed: name a setting, e.g. --serving-policy labels."
            raise click.UsageError(msg)
        answer = config_told(registry, registry.settings.read())
        print_json(answer) if as_json else _print(answer)
        return
    if not reason.strip():
        msg = "No reason is given: say why with --reason TEXT, it stays on record."
        raise click.UsageError(msg)
    # An empty text takes a setting away.
    decide = _decision({name: value if value != "" else None for name, value in changes.items()})
    with said_if_slow(_CHANGING):
        answer, failed = _rehearsed(registry, decide) if dry_run else _changed(registry, decide, reason)
    print_json(answer) if as_json else _print(answer)
    for name, why in failed.items():
        click.echo(f"hallmark: {name}: {why}", err=True)
    if failed:
        click.get_current_context().exit(1)


def _decision(changes: dict[str, Any]) -> Callable[[Settings], Settings]:
    def decide(before: Settings) -> Settings:
        after = msgspec.structs.replace(before, **changes)
        if after.require_signatures and not after.public_keys:
            msg = "No signature could be good without a key to check it with: give --public-key FILE too."
            raise click.UsageError(msg)
        return after

    return decide


def _rehearsed(
    registry: Registry, decide: Callable[[Settings], Settings]
) -> tuple[ConfigTold, dict[str, str]]:
    from tfx_hallmark.registry.serving.policy_change import rehearse_change

    rehearsed = rehearse_change(registry, decide)
    answer = config_told(
        registry,
        rehearsed.settings,
        dry_run=True,
        models=[would_move(registry.look_at(plan.model), plan) for plan in rehearsed.promotions],
        files={
            name: told(plan.steps[0]).sentence
            for name, plan in rehearsed.serving.items()
            if plan.steps and plan.ready
        },
    )
    return answer, rehearsed.failed


def _changed(
    registry: Registry, decide: Callable[[Settings], Settings], reason: str
) -> tuple[ConfigTold, dict[str, str]]:
    from tfx_hallmark.cli.after_commit import follow_commit
    from tfx_hallmark.delivery.background import start_delivery
    from tfx_hallmark.registry.serving.policy_change import change_settings

    changed = change_settings(registry, decide, actor=current_actor(), reason=check_reason(reason))
    for operation in changed.promoted:
        follow_commit(registry.root, operation.model)
    for name in registry.models():
        start_delivery(registry.root, name)
    answer = config_told(
        registry,
        changed.settings,
        models=[done(registry.look_at(operation.model), operation) for operation in changed.promoted],
        files={
            name: told(following.taken).sentence
            for name, following in changed.followed.items()
            if following.taken is not None
        },
    )
    return answer, changed.failed


def _print(answer: ConfigTold) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    _print_settings(page, answer)
    for operation in answer.models:
        page.line((f"{operation.model}: ", "bold"), operation.sentence)
    for name, sentence in answer.files.items():
        page.line((f"{name}: ", "bold"), f"models.config {sentence}")
    if answer.unsigned:
        unsigned = ", ".join(answer.unsigned)
        page.line((f"warning: not signed, so no rollback can come back to it: {unsigned}", "bold yellow"))
    if answer.changes:
        last = answer.changes[-1]
        page.line((f"last changed {minute(last.time)} by {last.actor}: {last.reason}", "dim"))


def _print_settings(page: "Page", answer: ConfigTold) -> None:
    settings = answer.settings
    keys = counted(len(settings.public_keys), "public key")
    page.facts(
        [
            ("root", answer.root),
            ("serving policy", settings.serving_policy),
            ("serving root", settings.serving_root or "where it lies"),
            ("standby", str(settings.standby)),
            ("servers", ", ".join(settings.servers) or "none"),
            ("rollback targets", str(settings.rollback_targets)),
            ("signatures", f"{'required' if settings.require_signatures else 'not required'}, {keys}"),
            ("deliveries", ", ".join(f"{one.name} ({one.kind})" for one in settings.deliveries) or "none"),
        ]
    )
