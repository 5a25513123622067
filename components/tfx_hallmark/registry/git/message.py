"""What a version's git tag says of it."""

from collections.abc import Iterator

from tfx_hallmark.registry.redaction import redacted
from tfx_hallmark.registry.verdict import OVERALL
from tfx_hallmark.registry.version import Version

_METRICS = 5  # how many are named; the registry has all


def message_of(version: Version) -> str:
    """Return the message of a version's tag: what it is and was judged to be at this moment.

    Its last lines are trailers, which `git tag --format '%(contents:trailers)'` reads.

    Raises:
        NotFoundError: If a record of the version is missing.
    """
    body = "\n".join(map(_line, _told(version)))
    trailers = "\n".join(f"Hallmark-{name}: {_line(text)}" for name, text in _trailers(version))
    return "\n\n".join(filter(None, (_line(_subject(version)), body, trailers))) + "\n"


def _subject(version: Version) -> str:
    numbers = version.releases
    told = f"release{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}" if numbers else ""
    standing = version.state.standing
    told = told if told and standing != "quarantined" else ", ".join(filter(None, (told, standing)))
    return f"{version.model} {version.version}, {told}"


def _told(version: Version) -> Iterator[str]:
    if version.state.quarantined is not None:
        yield f"In quarantine: {version.state.quarantined}"
    if version.verdict is not None:
        yield f"{version.verdict.sentence}."
    metrics = version.metrics.get(OVERALL, {})
    if metrics:
        checked = [check.metric for check in version.verdict.checks] if version.verdict else []
        names = [name for name in dict.fromkeys((*checked, *metrics)) if name in metrics][:_METRICS]
        yield f"Overall: {', '.join(f'{name} {metrics[name]:.4g}' for name in names)}."
    code = version.manifest.provenance.code
    if code is not None and code.dirty:
        kept = "the registry keeps them" if code.diff else "they are not on record"
        yield f"Trained with uncommitted changes, which this commit does not hold; {kept}."
    elif code is not None and code.dirty is None:
        yield "Whether it was trained with uncommitted changes is not on record."


def _trailers(version: Version) -> Iterator[tuple[str, str]]:
    yield "Version", str(version)
    yield "Digest", version.digest
    if version.releases:
        yield "Release", str(version.releases[-1])
    code = version.manifest.provenance.code
    if code is not None and code.dirty is not None:
        yield "Uncommitted-Changes", "yes" if code.dirty else "no"


def _line(text: str) -> str:
    """Keep free text on one line, harmless to a terminal, and without secrets: tags go further than registries."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in redacted(" ".join(text.split()))
    )
