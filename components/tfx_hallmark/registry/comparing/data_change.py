"""What changed between the training data of two versions, in one line."""

from tfx_hallmark.registry.manifest import DataSource


def data_change(before: DataSource | None, now: DataSource | None) -> str:
    """Tell how the data of a version differs from that of an earlier one, in one line.

    Equal content digests mean the same examples, in whatever order they lie and wherever. With other digests the
    span tells whether newer data was read, or the same span holds other records now.

    Args:
        before: The data of the first version; None if it is not recorded.
        now: The data of the later one.
    """
    if now is None:
        return "not recorded"
    if before is None:
        return "not recorded of the first version"
    same = before.digest == now.digest if before.digest and now.digest else None
    parts = [_told(before, now, same=same), *_counts(before, now)]
    return ", ".join(parts)


def _told(before: DataSource, now: DataSource, *, same: bool | None) -> str:
    span = _span_change(before, now)
    if same:
        return f"same data, read as {span}" if span else "same data"
    known = f" {now.span}" if now.span is not None else ""
    if span:
        return span
    if same is None:
        where = f"same span{known}" if known else "same place" if before.uri == now.uri else "another place"
        return f"{where}, and no content digest that tells whether the records are the same"
    return f"same span{known}, other records" if known else "other records"


def _span_change(before: DataSource, now: DataSource) -> str:
    if before.span != now.span:
        return f"span {before.span or 'unknown'} -> {now.span or 'unknown'}"
    if before.version != now.version:
        named = f"span {now.span} " if now.span is not None else ""
        return f"{named}version {before.version or 'unknown'} -> {now.version or 'unknown'}"
    return ""


def _counts(before: DataSource, now: DataSource) -> list[str]:
    """Tell how many records a split has now, where that changed."""
    return [
        f"{before.records.get(split, '-')} -> {now.records.get(split, '-')} records in {split}"
        for split in sorted({*before.records, *now.records})
        if before.records.get(split) != now.records.get(split)
    ]
