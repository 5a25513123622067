"""What of a model card only people know: notes on the version, under fixed keys.

The questions are those of Mitchell et al., Model Cards for Model Reporting (2019), section 4, and of the fields of
Google's model_card.proto.
"""

import msgspec


class CardNote(msgspec.Struct, frozen=True):
    """A note that has a place on the card.

    Attributes:
        key: Key of the note, for `hallmark annotate --label KEY=TEXT` and VersionTagger's `notes`.
        section: Key of the section in which it stands.
        what: What it says.
    """

    key: str
    section: str
    what: str


NOTES = (
    CardNote("owner", "details", "who answers for it"),
    CardNote("contact", "details", "where to ask about it"),
    CardNote("license", "details", "under which license it may be used"),
    CardNote("references", "details", "where to read more"),
    CardNote("intended_use", "intended_use", "what it is for"),
    CardNote("users", "intended_use", "who is to use it"),
    CardNote("out_of_scope", "intended_use", "what it must not be used for"),
    CardNote("data_description", "data", "where the data come from, and whom or what they represent"),
    CardNote("limitations", "limitations", "where it is known to fail"),
    CardNote("tradeoffs", "limitations", "what was given up for what"),
    CardNote("ethical_considerations", "ethical_considerations", "what harm it may do, and to whom"),
    CardNote("mitigation", "ethical_considerations", "what is done against that"),
)
KEYS = frozenset(note.key for note in NOTES)


def in_section(section: str) -> list[CardNote]:
    """Return the notes that stand in a section, in their order."""
    return [note for note in NOTES if note.section == section]
