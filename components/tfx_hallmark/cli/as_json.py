"""Answers as one JSON document on standard output."""

import re
import sys

import msgspec

# Valid in JSON, and obeyed by some terminals: C1 controls, and marks that turn the text's direction.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def print_json(answer: msgspec.Struct) -> None:
    """Print an answer, indented; a number that JSON cannot write (NaN, infinity) becomes null."""
    text = msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()
    sys.stdout.write(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
