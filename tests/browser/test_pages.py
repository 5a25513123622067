"""What a person does on the pages, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import TOKEN

MODEL = "/models/penguin"


def test_the_reason_of_a_refusal_is_found_from_the_first_page(site: str, page: Page) -> None:
    page.goto(site)
    page.get_by_role("link", name="penguin", exact=True).click()
    page.get_by_role("row", name="1.1.0").get_by_role("link").first.click()
    verdict = page.get_by_role("region", name="Refused").first
    expect(verdict).to_contain_text(
        re.compile(r"sparse_categorical_accuracy overall is 0\.\d{4} on 140 examples, required: >= 0\.8")
    )
    first = page.get_by_role("table", name="8 thresholds, 8 missed").get_by_role("row").nth(1)
    expect(first).to_contain_text("missed")
    expect(first).to_contain_text(re.compile(r"-0\.\d{4}"))


def test_versions_are_searched_and_sorted(site: str, page: Page) -> None:
    page.goto(site + MODEL)
    rows = page.get_by_role("table", name="Versions of penguin").get_by_role("rowheader")
    expect(rows).to_have_text(["1.2.0 stable", "1.1.0", "1.0.0"])
    heading = page.get_by_role("columnheader", name="Version")
    for order in ("descending", "ascending"):
        page.get_by_role("link", name="Version", exact=True).click()
        expect(heading).to_have_attribute("aria-sort", order)
    expect(rows).to_have_text(["1.0.0", "1.1.0", "1.2.0 stable"])
    page.get_by_label("Search").fill("island:biscoe")
    page.get_by_role("button", name="Search").click()
    expect(rows).to_have_text(["1.1.0"])
    # The order stays while searching.
    expect(page).to_have_url(re.compile(r"sort=version&q=island"))
    page.get_by_role("link", name="Clear").click()
    expect(rows).to_have_count(3)


def test_the_plot_leads_to_its_versions_and_shows_another_slice(site: str, page: Page) -> None:
    page.goto(site + MODEL)
    page.get_by_label("Slice").select_option("island:Torgersen")
    expect(
        page.get_by_role("heading", name="sparse_categorical_accuracy on island:Torgersen")
    ).to_be_visible()
    mark = page.locator("svg.plot a", has_text="1.1.0")
    expect(mark).to_have_attribute("aria-label", "1.1.0 (refused): 0.0000, -1.0000 against 1.0.0 (1.0000)")
    mark.click()
    expect(page).to_have_url(f"{site}{MODEL}/versions/1.1.0")


def test_ticked_versions_are_compared_and_what_is_equal_can_be_hidden(site: str, page: Page) -> None:
    page.goto(site + MODEL)
    button = page.get_by_role("button", name="Compare ticked")
    expect(button).to_be_disabled()
    page.get_by_label("compare 1.0.0").check()
    page.get_by_label("compare 1.2.0").check()
    button.click()
    expect(page.get_by_role("rowheader", name="hidden_units (differs)")).to_be_visible()
    equal = page.get_by_role("rowheader", name="batch_size")
    expect(equal).to_be_visible()
    page.get_by_label("Only what changed").check()
    expect(equal).to_be_hidden()
    # The address can be passed on.
    page.reload()
    expect(equal).to_be_hidden()
    expect(page.get_by_label("Only what changed")).to_be_checked()


def test_another_version_is_added_to_a_comparison(site: str, page: Page) -> None:
    page.goto(f"{site}{MODEL}/compare?version=1.0.0&version=1.2.0")
    page.get_by_label("Add a version").select_option("1.1.0")
    expect(page.get_by_role("columnheader")).to_have_count(3)
    expect(page.get_by_role("columnheader", name="1.1.0")).to_be_visible()


def test_everything_works_without_a_script(site: str, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(site + MODEL)
    page.get_by_label("Slice").select_option("island:Dream")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="on island:Dream")).to_be_visible()
    page.get_by_label("compare 1.0.0").check()
    page.get_by_label("compare 1.2.0").check()
    page.get_by_role("button", name="Compare ticked").click()
    page.get_by_label("Only what changed").check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("rowheader", name="batch_size")).to_be_hidden()


def test_the_audit_is_filtered_and_its_chain_checked(site: str, page: Page) -> None:
    page.goto(site)
    page.get_by_role("link", name="Audit").click()
    events = page.get_by_role("table", name="Events").get_by_role("rowheader")
    expect(events).to_have_count(6)
    page.get_by_label("Kind").select_option("refused")
    page.get_by_role("button", name="Search").click()
    expect(events).to_have_text(["1.1.0"])
    page.get_by_role("link", name="Check the chain").click()
    expect(page.get_by_role("row", name="whole penguin 6")).to_be_visible()


def test_who_signs_in_rolls_back_with_a_reason_and_sees_it(own_site: str, page: Page) -> None:
    page.goto(own_site)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name").fill("Mara")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("banner")).to_contain_text("Mara")
    page.goto(own_site + MODEL)
    serving = page.get_by_role("region", name="What serves")
    expect(serving).to_contain_text("1.2.0")
    page.get_by_text("Roll back", exact=True).first.click()
    page.get_by_label("Reason").fill("Torgersen is wrong again")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("status")).to_have_count(1)
    expect(serving).to_contain_text("1.0.0")
    expect(serving).to_contain_text("Torgersen is wrong again")
    newest = page.get_by_role("region", name="Events").get_by_role("listitem").first
    expect(newest).to_contain_text("rolled back")
    expect(newest).to_contain_text("Mara")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(own_site + MODEL)
    expect(page.get_by_text("Roll back", exact=True)).to_have_count(0)


@pytest.mark.parametrize(
    "path", ["/", MODEL, f"{MODEL}/versions/1.1.0", f"{MODEL}/compare", "/audit", "/deliveries"]
)
def test_the_content_can_be_reached_at_once_by_keyboard(site: str, page: Page, path: str) -> None:
    page.goto(site + path)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
