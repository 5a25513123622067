"""A model card as Markdown that GitHub renders."""

from collections.abc import Iterator, Sequence

from tfx_hallmark.answers.card import Card
from tfx_hallmark.answers.card_content import CardSection, CardTable, Gap, Named
from tfx_hallmark.answers.markdown_text import code, paragraphs, plain
from tfx_hallmark.answers.text import counted


def as_markdown(card: Card, *, pictures: Sequence[tuple[str, str]], note: str = "") -> str:
    """Write a card as Markdown.

    Args:
        card: The card.
        pictures: The plots: what each shows, and the address of its file relative to the card.
        note: Why there are no plots, if there are none though something was measured.
    """
    return "\n".join(_page(card, pictures, note)) + "\n"


def _page(card: Card, pictures: Sequence[tuple[str, str]], note: str) -> Iterator[str]:
    yield f"# {plain(f'{card.model} {card.version}')}"
    yield ""
    yield f"Model card: {plain(', '.join((card.status, *card.labels)))}. {_how_whole(card)}"
    for remark in card.remarks:
        yield from ("", f"> {plain(remark)}")
    for section in card.sections:
        yield from _section(section)
        if section.key == "analyses":
            for title, address in pictures:
                yield from ("", f"![{plain(title)}]({address})")
            if note:
                yield from ("", f"*{plain(note)}*")


def _how_whole(card: Card) -> str:
    if not card.gaps:
        return "Everything that it asks for is on record."
    says = "says" if card.gaps == 1 else "say"
    return f"{counted(card.gaps, 'line')} of it {says} *not recorded*, and how to fill it."


def _section(section: CardSection) -> Iterator[str]:
    yield from ("", f"## {plain(section.title)}")
    for text in section.texts:
        if text.name:
            yield from ("", f"**{plain(text.name[:1].upper() + text.name[1:])}**")
        for paragraph in paragraphs(text.text):
            yield from ("", paragraph)
    for group in section.groups:
        if group.title:
            yield from ("", f"**{plain(group.title)}**")
        yield from ("", "| | |", "| --- | --- |")
        yield from (_cells([plain(fact.name), _text(fact)]) for fact in group.facts)
    for table in section.tables:
        yield from ("", f"**{plain(table.title)}**", "", *_table(table))
    if section.commands:
        yield from ("", "```bash", *section.commands, "```")
    if section.gaps:
        yield ""
        yield from (f"- *Not recorded:* {_gap(gap)}" for gap in section.gaps)


def _text(fact: Named) -> str:
    text = plain(fact.text) or "-"
    return f"[{text}]({fact.link})" if fact.link else text


def _table(table: CardTable) -> Iterator[str]:
    yield _cells([plain(header) for header in table.headers])
    yield _cells(["---:" if column in table.right else "---" for column in range(len(table.headers))])
    for row in table.rows:
        yield _cells([plain(text) for text in row])


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _gap(gap: Gap) -> str:
    fill = f"Fill it: {code(gap.fill)}" if gap.command else plain(gap.fill)
    return f"{plain(gap.what)}. {fill}"
