"""The page of a lineage graph, in a real browser."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE

COMPONENTS = Path(__file__).parents[2] / "components"
LINEAGE = "/models/penguin/versions/1.2.0/lineage"


def node(page: Page, name: str) -> Locator:
    """The first node of the drawing whose type is this."""
    pattern = re.compile(rf"^(artifact|execution) \d+: {name}\b")
    return page.get_by_role("region", name="Lineage graph").get_by_role("link", name=pattern).first


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Chosen node")


def place(page: Page) -> tuple[float, float, float]:
    """Where the drawing stands: right, down and its scale."""
    # Not before the frame in which it is drawn.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    transform = page.locator(".lineage-svg").evaluate("(svg) => svg.style.transform")
    right, down, scale = map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", transform))
    return right, down, scale


def test_a_version_leads_to_its_graph_and_a_node_tells_its_properties(site: str, page: Page) -> None:
    page.goto(f"{site}/models/penguin/versions/1.2.0")
    page.get_by_role("link", name="Lineage").click()
    expect(panel(page)).to_be_hidden()
    node(page, "Trainer").click()
    told = panel(page)
    expect(told.get_by_role("heading", name="Trainer")).to_be_visible()
    expect(told).to_contain_text('"hidden_units": [32]')
    expect(told.get_by_role("definition").filter(has_text="complete")).to_be_visible()
    expect(told.get_by_role("link", name="Schema")).to_be_visible()


def test_a_chosen_node_lights_what_it_was_made_from_and_what_came_of_it(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    node(page, "Trainer").click()
    for name in ("CsvExampleGen", "Transform", "ModelVersion", "RegistryPusher"):
        expect(node(page, name)).to_have_class(re.compile(r"\blit\b"))
    node(page, "SchemaGen").press("Enter")
    node(page, "ModelBlessing").press("Enter")
    expect(node(page, "ModelEvaluation")).not_to_have_class(re.compile(r"\blit\b"))
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(page.locator(".lit")).to_have_count(0)
    expect(node(page, "ModelBlessing")).to_be_focused()


def test_neighbours_in_the_panel_and_rows_of_the_table_choose_too(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    node(page, "Trainer").click()
    panel(page).get_by_role("link", name="TransformGraph").click()
    expect(panel(page).get_by_role("heading", name="TransformGraph")).to_be_focused()
    page.get_by_role("row", name="SchemaGen").get_by_role("link").first.click()
    expect(panel(page).get_by_role("heading", name="SchemaGen")).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"#node-e\d+$"))
    page.reload()
    expect(panel(page).get_by_role("heading", name="SchemaGen")).to_be_visible()


def test_an_artifact_leads_to_its_impact_and_on_to_the_versions(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    page.keyboard.press("0")
    node(page, "Examples").press("Enter")
    panel(page).get_by_role("link", name="Impact of this artifact").click()
    expect(
        page.get_by_role("heading", name="3 versions trained from artifact:1, 1 of them stable now")
    ).to_be_visible()
    row = page.get_by_role("row", name="penguin 1.2.0")
    expect(row).to_contain_text("stable")
    row.get_by_role("link", name="penguin 1.2.0", exact=True).click()
    expect(page).to_have_url(f"{site}/models/penguin/versions/1.2.0")


def test_the_lineage_around_an_artifact_is_a_link_away(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    node(page, "Examples").press("Enter")
    panel(page).get_by_role("link", name="Lineage around this artifact").click()
    expect(page.get_by_role("heading", name="Lineage of Examples, artifact 1")).to_be_visible()
    expect(page.locator(".node", has_text="penguin@1.0.0").first).to_be_attached()


def test_the_buttons_and_keys_zoom_and_move(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    scale = place(page)[2]
    page.get_by_role("button", name="Zoom in").click()
    assert place(page)[2] == pytest.approx(scale * 1.25, rel=1e-3)
    page.get_by_role("button", name="Zoom out").click()
    assert place(page)[2] == pytest.approx(scale, rel=1e-3)
    page.get_by_role("button", name="Fit").click()
    width = page.locator(".lineage-canvas").evaluate("(canvas) => canvas.clientWidth")
    right, _, whole = place(page)
    assert right == pytest.approx(0, abs=1)
    assert whole == pytest.approx(
        width / float(page.locator(".lineage-svg").get_attribute("width") or 0), rel=1e-3
    )
    canvas = page.get_by_role("region", name="Lineage graph")
    canvas.focus()
    for key in ("+", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    moved = place(page)
    assert moved[2] == pytest.approx(whole * 1.25, rel=1e-3)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("-")
    assert place(page) != moved
    page.keyboard.press("0")
    assert place(page)[2] == pytest.approx(whole, rel=1e-3)


def test_dragging_moves_and_does_not_choose(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    right, down, scale = place(page)
    box = node(page, "ModelVersion").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 30, steps=5)
    page.mouse.up()
    assert place(page) == pytest.approx((right - 60, down + 30, scale), rel=1e-3)
    expect(panel(page)).to_be_hidden()
    node(page, "ModelVersion").click()
    expect(panel(page)).to_be_visible()


def test_the_wheel_scrolls_the_page_until_the_graph_is_used(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    canvas = page.get_by_role("region", name="Lineage graph")
    before = place(page)
    canvas.hover()
    page.mouse.wheel(0, -100)
    assert place(page) == before
    canvas.click(position={"x": 5, "y": 60})
    page.mouse.wheel(0, -100)
    page.wait_for_function(
        f"!document.querySelector('.lineage-svg').style.transform.endsWith('scale({before[2]:g})')"
    )
    assert place(page)[2] > before[2]


def test_tab_goes_from_node_to_node_and_brings_them_into_sight(site: str, page: Page) -> None:
    page.goto(site + LINEAGE)
    page.get_by_role("region", name="Lineage graph").focus()
    page.keyboard.press("Tab")
    first = page.locator(".node").first
    expect(first).to_be_focused()
    place(page)
    expect(first).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_visible()


def test_without_scripts_the_drawing_scrolls_and_the_table_tells_the_same(
    site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(site + LINEAGE)
    expect(page.get_by_role("button", name="Zoom in")).to_be_hidden()
    page.locator(".node", has_text="CsvExampleGen").click()
    expect(page).to_have_url(re.compile(r"#node-e1$"))
    row = page.get_by_role("row", name="CsvExampleGen").first
    expect(row).to_be_in_viewport()
    row.locator("summary").click()
    expect(row).to_contain_text("input_fingerprint")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [LINEAGE, "/impact?subject=artifact:1", "/impact"])
def test_axe_finds_nothing_serious_while_a_node_is_chosen(
    site: str, open_page: Callable[..., Page], path: str, scheme: str
) -> None:
    page = open_page(color_scheme=scheme, viewport=DESKTOP)
    page.goto(site + path)
    if page.locator(".node").count():
        node(page, "Examples").press("Enter")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [
        (one["id"], node["html"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ] == []


@pytest.mark.parametrize("path", [LINEAGE, "/impact?subject=artifact:1"])
def test_on_a_phone_the_panel_stands_below_and_nothing_scrolls_sideways(
    site: str, open_page: Callable[..., Page], path: str
) -> None:
    page = open_page(viewport=PHONE, has_touch=True)
    page.goto(site + path)
    node(page, "ModelVersion").press("Enter")
    canvas, told = page.locator(".lineage-canvas").bounding_box(), panel(page).bounding_box()
    assert canvas
    assert told
    assert told["y"] >= canvas["y"] + canvas["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_file_works_without_a_server(demo_here: Path, tmp_path: Path, page: Page) -> None:
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "lineage", "penguin@1.2.0", "--format", "html"]
    command += ["--root", str(demo_here / "registry"), "--metadata", str(demo_here / "metadata.sqlite")]
    made = subprocess.run(
        command, env={"PYTHONPATH": str(COMPONENTS)}, check=True, capture_output=True, text=True
    )
    page.set_content(made.stdout)
    node(page, "Trainer").click()
    expect(panel(page)).to_contain_text('"hidden_units": [32]')
    expect(panel(page).get_by_role("link", name="Impact")).to_have_count(0)
