"""What a model card is put together from."""

from collections.abc import Iterable, Sequence

import msgspec

from tfx_hallmark.answers.measured import Read
from tfx_hallmark.registry.comparing.measures import Measured
from tfx_hallmark.registry.comparing.reading import Stored
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.training_curve import TrainingCurve
from tfx_hallmark.registry.version import Version
from tfx_hallmark.registry.version_facts import Fact


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is on record.

    Attributes:
        name: What it is.
        text: Its value, written for people.
        link: Address of a page about it elsewhere; empty, and left out of JSON, if there is none.
    """

    name: str
    text: str
    link: str = ""


class Group(msgspec.Struct, frozen=True):
    """Things that are on record and belong together.

    Attributes:
        title: What they are about; empty if the section's title says it.
        facts: At least one.
    """

    title: str
    facts: list[Named]


class CardTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table.

    Attributes:
        title: What it shows.
        headers: One per column.
        rows: As many cells each.
        right: Columns of numbers.
    """

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[int, ...] = ()


class Gap(msgspec.Struct, frozen=True):
    """Something that is not on record.

    Attributes:
        what: What it would say.
        fill: How it comes on record, in a line: what to type, or what does it.
        command: Whether `fill` is a command line.
    """

    what: str
    fill: str
    command: bool = True


def group(facts: Iterable[Named], *, title: str = "") -> list[Group]:
    """Return a group of facts; none if there are none."""
    known = list(facts)
    return [Group(title, known)] if known else []


class CardSection(msgspec.Struct, frozen=True, kw_only=True):
    """One section of a card.

    Attributes:
        key: Its name for programs, as `intended_use`.
        title: Its heading.
        texts: What people wrote, each with the heading that it stands under; that may be empty.
        groups: What is on record.
        tables: Tables.
        commands: What to type to go on from here.
        gaps: What is not on record.
    """

    key: str
    title: str
    texts: list[Named] = []
    groups: list[Group] = []
    tables: list[CardTable] = []
    commands: list[str] = []
    gaps: list[Gap] = []


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The version that a card is about, with all that is read of it.

    Attributes:
        version: The version.
        manifest: What was recorded when it was tagged.
        stored: What is stored beside.
        state: What the log says of its model.
        facts: What is in the manifest, by section and name.
        measured: What was measured, with the thresholds.
        read: The same with the baseline's values.
        curve: How its training went; None if that is not on record.
        remarks: What of the records cannot be read; grows while the card is made.
    """

    version: Version
    manifest: Manifest
    stored: Stored
    state: ModelState
    facts: dict[str, dict[str, Fact | None]]
    measured: list[Measured]
    read: Read
    curve: TrainingCurve | None
    remarks: list[str]

    @property
    def reference(self) -> str:
        """How a command line names it."""
        return str(self.version)
