"""What a run came to, read from the registry."""

from dataclasses import dataclass

from pipeline.config import RegistrySection
from tfx_hallmark.registry.registry import Registry


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Attributes:
        version: Semantic version of its candidate.
        outcome: `published`, `refused` or `already published`.
    """

    version: str
    outcome: str


def outcome(registry: RegistrySection, result: RunResult) -> str:
    """Return what was decided on a run's candidate and why, in lines for the terminal.

    Args:
        registry: Which registry and model.
        result: What the run came to.

    Raises:
        NotFoundError: If the registry does not have that version.
    """
    candidate = Registry.open(registry.root).model(registry.model).version(result.version)
    release = f" as release {candidate.releases[-1]}" if candidate.releases else ""
    # What was published before was judged then, not now.
    judged = candidate.verdict if result.outcome != "already published" else None
    reason = f": {judged.summary}" if judged else ""
    known = " before" if result.outcome == "already published" else ""
    return (
        f"{candidate} was {result.outcome.removeprefix('already ')}{release}{known}{reason}\n"
        f"  for all of it: hallmark why {candidate} --root {registry.root}\n"
    )
