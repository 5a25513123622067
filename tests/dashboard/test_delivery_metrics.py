"""`/metrics` says what waits for mirrors, webhooks and people."""

from pathlib import Path

from tests.dashboard.scraped import Scraped, page_over
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.destinations import Destinations, MirrorSettings, WebhookSettings
from tfx_hallmark.registry.registry import Registry


def test_it_says_what_waits_for_whom(own_history: Path) -> None:
    set_in(
        own_history,
        destinations=Destinations(
            mirrors=(MirrorSettings(name="board", to="tensorboard:/nowhere"),),
            webhooks=(WebhookSettings(name="ci", url="http://127.0.0.1/", models=("penguin",)),),
        ),
    )
    events = Registry.open(own_history).model("penguin").state.seq
    record = own_history / ".hallmark/penguin/deliveries/board.json"
    record.parent.mkdir()
    record.write_text('{"delivered":2,"failures":3}')
    scraped = Scraped(page_over(own_history))
    assert scraped.value("hallmark_delivery_backlog", destination="board") == events - 2
    assert scraped.value("hallmark_delivery_failures_in_row", destination="board") == 3
    assert scraped.value("hallmark_delivery_backlog", destination="ci") == 0


def test_a_damaged_record_is_a_metric_of_its_own(own_history: Path) -> None:
    set_in(
        own_history,
        destinations=Destinations(mirrors=(MirrorSettings(name="board", to="tensorboard:/nowhere"),)),
    )
    record = own_history / ".hallmark/penguin/deliveries/board.json"
    record.parent.mkdir()
    record.write_text("{")
    scraped = Scraped(page_over(own_history))
    assert scraped.value("hallmark_unreadable_records", record="deliveries") == 1
    assert scraped.value("hallmark_live_release") is not None
