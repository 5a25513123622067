"""What is wrong with a model's entry in `models.config`."""

from collections.abc import Iterator

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.serving.following import ConfigFollower


def config_faults(serving: ConfigFollower) -> Iterator[Fault]:
    """Yield what keeps `models.config` from following a model's labels; nothing under the policy `latest`.

    Args:
        serving: The model's `Model.serving`.
    """
    try:
        plan = serving.plan() if serving.active else None
    except HallmarkError as error:
        what, _, repair = str(error).rpartition(": ")
        yield Fault(
            finding=Finding(code="config-unusable", where=serving.file.where, what=what, repair=repair)
        )
        return
    if plan is None or not plan.steps:
        return
    needs = ", ".join(str(number) for number in plan.steps[0].needs)
    apply = f"hallmark serving-plan {plan.model} --apply"
    finding = Finding(
        code="config-out-of-step",
        where=f"{serving.file.where} entry {plan.model}",
        what="it does not say what the labels say",
        repair=f"hallmark doctor --fix, or {apply}"
        if plan.ready
        else f"{apply}, once every model server has loaded release {needs}",
    )
    # What needs no word of any server, whoever opens the model does too.
    yield Fault(finding=finding, cure=Cure("take the first step", serving.follow) if plan.ready else None)
