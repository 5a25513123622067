"""`hallmark serving-plan`: what is left to be done to `models.config`, and the next step of it."""

import click

from tfx_hallmark.answers.serving_plan import ServingPlanTold, serving_plan
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.cli.waiting import Wait
from tfx_hallmark.registry.errors import ConfigError, ModelServerError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.store_url import Root


@click.command("serving-plan")
@options.model
@click.option("--apply", is_flag=True, help="Take the next step.")
@click.option(
    "--on-my-word",
    is_flag=True,
    help="Ask no model server: take it that all have loaded what the file lists.",
)
@options.waiting
@options.dry_run
@options.root
@options.as_json
def command(
    model: str,
    apply: bool,
    on_my_word: bool,
    wait: bool,
    servers: tuple[str, ...],
    timeout: float,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Show how models.config comes to say what the labels say, step by step, or take the next step.

    TF Serving refuses the whole file if a label points to a version that is not loaded. So a release is
    listed first, and a label moves to it when every server has loaded it. The servers are asked, if any is
    given here or by 'hallmark config --servers'; without one, --apply takes it on your word. With --wait
    the command takes all steps, each when it can be taken, and ends when every server serves what it should.

    \b
    Examples:
      hallmark serving-plan penguin                                  what is left, and its diff
      hallmark serving-plan penguin --apply                          take the next step
      hallmark serving-plan penguin --apply --server http://a:8501 --server http://b:8501
      hallmark serving-plan penguin --apply --wait --timeout 300
      hallmark serving-plan penguin --apply --on-my-word             a server of the settings is down for good
    """  # noqa: D301
    _check_usage(apply, on_my_word, wait, servers, dry_run)
    registry = open_registry(root)
    changes = apply and not dry_run
    opened = open_to_operate(registry, model, dry_run=not changes)
    asked = () if on_my_word else servers or opened.settings.servers
    if wait and not asked:
        msg = (
            "No model server is known to wait for: give --server, or set them by 'hallmark config --servers'."
        )
        raise click.UsageError(msg)
    if changes:
        _check_policy(opened)
    taken: list[Following] = []
    if changes and wait:
        try:
            Wait(asked, timeout).for_model(opened, told=taken.append)
        except ModelServerError:
            _report(serving_plan(opened, taken=taken), as_json=as_json)
            raise
        _report(serving_plan(opened, taken=taken), as_json=as_json)
        return
    loaded, waiting = _asked(opened, asked) if asked else (None, [])
    if changes:
        taken.append(opened.serving.apply(loaded=loaded))
    _report(serving_plan(opened, taken=taken, loaded=loaded, waiting=waiting), as_json=as_json)
    if changes and taken[-1].taken is None and taken[-1].left:
        click.get_current_context().exit(1)


def _check_usage(apply: bool, on_my_word: bool, wait: bool, servers: tuple[str, ...], dry_run: bool) -> None:
    if (wait or on_my_word or dry_run) and not apply:
        msg = "--wait, --on-my-word and --dry-run are for --apply: without it nothing is changed."
        raise click.UsageError(msg)
    if on_my_word and (wait or servers):
        msg = "--on-my-word asks no server: leave out --server and --wait."
        raise click.UsageError(msg)


def _check_policy(model: Model) -> None:
    if not model.serving.active:
        msg = (
            "the serving policy is 'latest', under which models.config is not written: TF Serving serves the highest "
            "number; 'hallmark config --serving-policy labels --reason TEXT' changes that"
        )
        raise ConfigError(msg)


def _asked(model: Model, servers: tuple[str, ...]) -> tuple[frozenset[int], list[str]]:
    """Ask the servers; return what all have loaded, and who has not what the next step needs."""
    from tfx_hallmark.registry.serving.model_status import ask_all, loaded_everywhere

    statuses = ask_all(servers, model.name, (), timeout=5.0)
    loaded = loaded_everywhere(statuses)
    steps = model.serving.plan(loaded=loaded).steps
    waiting = [
        f"{status.server} could not be asked: {status.error}"
        if status.error is not None
        else f"{status.server} has not loaded release {number}"
        + (f": {status.failed[number]}" if number in status.failed else "")
        for number in (steps[0].needs if steps else ())
        for status in statuses
        if number not in status.available
    ]
    return loaded, list(dict.fromkeys(waiting))


def _report(answer: ServingPlanTold, *, as_json: bool) -> None:
    print_json(answer) if as_json else _print(answer)


def _print(answer: ServingPlanTold) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.policy == "latest":
        page.line(
            ("the serving policy is latest: models.config is not written; under labels it would be", "yellow")
        )
    for step in answer.taken:
        page.line(("done: ", "green"), step.sentence)
    if not answer.left:
        page.line((f"{answer.model}: ", "bold"), f"{answer.file} says what the labels say")
        return
    page.line((f"{answer.model}: ", "bold"), answer.file)
    rows = []
    for number, step in enumerate(answer.left, 1):
        needs = (
            f"once every server has loaded release{'s' * (len(step.needs) > 1)} {', '.join(map(str, step.needs))}"
            if step.needs
            else "at once"
        )
        rows.append((str(number), "now" if number == 1 and answer.ready else needs, step.sentence))
    page.table(("step", "when", "what"), rows, right=(0,))
    for line in answer.waiting:
        page.line((line, "yellow"))
    page.heading("step 1 changes")
    for line in answer.diff.splitlines():
        style = {"+": "green", "-": "red"}.get(line[:1], "")
        page.line((line, style))
