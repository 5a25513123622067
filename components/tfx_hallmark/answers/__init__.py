"""What the commands answer, as plain values; `--json` prints exactly these, so their fields are an interface.

Fields are only ever added. A field that does not apply is null, never absent; `manifest` alone is
the record as it is stored.
"""
