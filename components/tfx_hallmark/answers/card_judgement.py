"""The sections of a model card on the gate and on serving."""

from collections.abc import Iterator

from tfx_hallmark.answers.card_content import CardSection, CardTable, Gap, Named, Subject, group
from tfx_hallmark.answers.listing import labels_of
from tfx_hallmark.answers.stays import last_stays
from tfx_hallmark.answers.text import counted, second
from tfx_hallmark.registry.verdict import Verdict, VersionAt

_STAYS = 50


def judged(subject: Subject) -> CardSection:
    """Return the section that says how the gate came to its verdict."""
    verdict, state = subject.stored.verdict, subject.version.state
    facts = [] if verdict is None else list(_verdict(verdict))
    gaps = []
    if verdict is None and state.verdict is not None:
        gaps.append(Gap("the verdict", "Its record cannot be read: restore it from a backup", command=False))
    elif verdict is None:
        why = (
            "It was taken in as it stood; a pipeline's RegistryPusher decides on what it pushes"
            if state.status == "adopted"
            else "No RegistryPusher has decided on it yet"
        )
        gaps.append(Gap("a verdict", why, command=False))
    if state.evidence:
        facts.append(Named("further evaluations", f"{len(state.evidence):,} on record"))
    commands = [f"hallmark why {subject.reference}"] if verdict is not None else []
    return CardSection(
        key="judged", title="How it was judged", groups=group(facts), commands=commands, gaps=gaps
    )


def _verdict(verdict: Verdict) -> Iterator[Named]:
    yield Named("outcome", verdict.outcome)
    for reason in verdict.reasons:
        yield Named("because", reason.text)
    yield Named("baseline", _version_at(verdict.baseline))
    if verdict.compared_with is not None and verdict.compared_with != verdict.baseline:
        yield Named("measured against", _version_at(verdict.compared_with))
    if verdict.override is not None:
        yield Named("gate passed over", verdict.override)
    if verdict.checks:
        missed = sum(not check.passed for check in verdict.checks)
        yield Named("thresholds", f"{counted(len(verdict.checks), 'threshold')}, {missed} missed")
    for text in verdict.allowed_breaks:
        yield Named("breaks clients, let through", text)
    if verdict.replay is not None:
        failures = len(verdict.replay.failures)
        told = f"{counted(verdict.replay.requests, 'request')}, {failures} failed"
        yield Named("the baseline's requests", verdict.replay.note or told)


def _version_at(version: VersionAt | None) -> str:
    return "none: nothing was stable" if version is None else f"{version.version}, release {version.release}"


def served(subject: Subject) -> CardSection:
    """Return the section that says under which numbers it was released, and when it was stable."""
    state, own = subject.state, subject.version.state
    facts = []
    if own.quarantined is not None:
        facts.append(Named("in quarantine", own.quarantined))
    labels = labels_of(state, own.version)
    if labels:
        facts.append(Named("labels now", ", ".join(labels)))
    if not own.releases:
        facts.append(Named("releases", "none: it was never published, so nothing has served it"))
    for number in own.releases:
        gone = ", its files are deleted" if number in own.pruned else ""
        facts.append(Named(f"release {number}", f"since {second(state.releases[number].time)}{gone}"))
    stays = [stay for stay in last_stays(state, len(state.stable_moves)) if stay.version == own.version]
    tables = []
    if stays:
        rows = [
            (str(stay.release), second(stay.since), second(stay.until) if stay.until else "now")
            for stay in stays[-_STAYS:]
        ]
        tables.append(CardTable(title="When it was stable", headers=("release", "from", "to"), rows=rows))
    elif own.releases:
        facts.append(Named("stable", "never"))
    return CardSection(key="served", title="Where it served", groups=group(facts), tables=tables)
