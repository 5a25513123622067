"""What an examination found to be wrong, and how to repair it."""

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    r"""One thing that is not as it should be.

    Names of files may stand in it, and need not be UTF-8; such bytes become `\udc..`, for JSON cannot hold them.

    Attributes:
        code: What kind of thing, in words that never change: `log-damaged`, `release-missing` and so on.
        where: What it is about: a version, a release, a path.
        what: What is wrong, in a sentence.
        repair: What to do about it: a command, or what only a person can do.
    """

    code: str
    where: str
    what: str
    repair: str

    def __post_init__(self) -> None:
        """Make every text such that it can be encoded."""
        for field in ("where", "what", "repair"):
            text = getattr(self, field).encode("utf-8", "backslashreplace").decode()
            msgspec.structs.force_setattr(self, field, text)
