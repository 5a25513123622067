"""Whatever a pipeline's author writes is shown as text: never as markup, script or address."""

from collections import deque
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.dashboard.browser import Browser, Form
from tests.dashboard.conftest import TOKEN
from tests.dashboard.metadata import write_metadata
from tests.dashboard.registries import write_history
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings

# Breaks out of text, of an attribute in either quotes, of a script, a style, a comment and a template.
PAYLOAD = (
    """--></script></style></title></textarea>"'><evil-tag evil-attribute='1' onmouseover=alert(1)>"""
    """<script>alert(1)</script><svg/onload=alert(1)>{{ 'evil' + '-template' }}{% evil %}&lt;evil-entity&gt;"""
)
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset"}
MOST_PAGES = 250


def hostile(word: str) -> str:
    """Gives a text that says which field it is of; where an address is wanted, one that would run."""
    scheme = "javascript:alert(1)//" if word.endswith(("uri", "remote", "root")) else ""
    return f"{scheme}field-{word}-{PAYLOAD}"


class Page(HTMLParser):
    """What a browser would make of a page.

    Attributes:
        html: All of it.
        tags: Every element: its name and attributes.
        text: All text, scripts and comments left out.
        links: Addresses on this server.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.html = html
        self.text = ""
        self.comments: list[str] = []
        self.feed(html)
        self.close()
        self.links = {
            str(attributes["href"])
            for tag, attributes in self.tags
            if tag == "a" and str(attributes.get("href")).startswith("/")
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """Every page that can be reached from the first one, signed in, over a registry of hostile texts."""
    root = tmp_path_factory.mktemp("hostile")
    registry = write_history(root, tmp_path_factory.mktemp("candidates"), hostile)
    metadata = write_metadata(tmp_path_factory.mktemp("metadata") / "metadata.sqlite", registry, hostile)
    browser = Browser(create_app(Settings(root=root, metadata=metadata, token=TOKEN)))
    browser.sign_in(TOKEN, name=f"<evil-tag>{PAYLOAD}"[:90])
    browser.act("promote", version="1.0.0", label="shadow", reason=hostile("action-reason"))
    found: dict[str, Page] = {}
    wanted = deque(
        [
            "/",
            "/models/penguin/compare?version=1.0.0&version=1.0.1&version=1.0.2",
            "/models/penguin/versions/1.0.2/lineage",
        ]
    )
    while wanted and len(found) < MOST_PAGES:
        path = wanted.popleft()
        if path in found:
            continue
        answer = browser.get(path)
        # What no pipeline run made is not in ML Metadata.
        assert answer.status_code == 200 or path == "/models/seal/versions/1.0.0/lineage", (path, answer.text)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        found[path] = Page(answer.text)
        wanted.extend(sorted(found[path].links - found.keys()))
    return found


def test_the_walk_finds_every_kind_of_page(pages: dict[str, Page]) -> None:
    for path in (
        "/",
        "/audit",
        "/models/penguin",
        "/models/seal",
        "/models/penguin/versions/1.0.1",
        "/models/penguin/versions/1.0.2/lineage",
    ):
        assert path in pages
    assert any("/compare?" in path for path in pages)


@pytest.mark.parametrize(
    "field",
    [
        *(
            "description",
            "note",
            "note-value",
            "tag",
            "override",
            "quarantine",
            "push-reason",
            "pusher",
            "guard",
        ),
        *("metric", "slice", "missing-slice", "failure"),
        *("hyperparameter", "hyperparameter-value", "inner", "deep", "train-arg", "train-value"),
        *("module", "commit", "remote", "run-id", "pipeline", "data-uri", "model-uri", "span", "split"),
        *("signature", "input", "output", "package", "package-version", "platform", "accelerator"),
        *("property", "property-value", "action-reason"),
    ],
)
def test_the_text_of_each_field_is_shown_as_it_is(pages: dict[str, Page], field: str) -> None:
    # Up to the first quote, which JSON has in another form.
    beginning = hostile(field).partition('"')[0]
    shown = [path for path, page in pages.items() if beginning in page.text]
    assert shown, f"no page shows {field}: whether it is escaped is not known"


def test_no_text_becomes_markup(pages: dict[str, Page]) -> None:
    for path, page in pages.items():
        for tag, attributes in page.tags:
            assert not tag.startswith("evil"), path
            names = set(attributes)
            assert not {name for name in names if name.startswith(("on", "evil"))}, (path, tag, attributes)
            # The policy forbids them too: a style or a script in the page is not of ours.
            assert "style" not in names, (path, tag)
            assert tag != "style", path
            if tag == "script":
                assert str(attributes.get("src")).startswith("/static/"), path
        assert not any("evil" in comment for comment in page.comments), path
        assert "evil-template" not in page.html, path


def test_no_text_becomes_an_address_that_runs(pages: dict[str, Page]) -> None:
    for path, page in pages.items():
        for tag, attributes in page.tags:
            for name in ADDRESSES & set(attributes):
                address = str(attributes[name])
                assert urlsplit(address.strip()).scheme in {"", "http", "https"}, (path, tag, address)
                assert not address.lower().replace("\t", "").strip().startswith(("javascript:", "data:")), (
                    path
                )


def test_every_address_stays_on_this_server(pages: dict[str, Page]) -> None:
    for path, page in pages.items():
        for tag, attributes in page.tags:
            for name in {"src", "action", "formaction"} & set(attributes):
                assert str(attributes[name]).startswith("/"), (path, tag)


def test_markup_in_a_query_comes_back_as_text(history: Path) -> None:
    client = Browser(create_app(Settings(root=history))).client
    for path in (
        "/models/penguin",
        "/audit",
        "/models/penguin/compare",
        f"/models/{PAYLOAD[:20]}",
        "/nowhere",
    ):
        for name in (
            "q",
            "status",
            "label",
            "sort",
            "page",
            "size",
            "kind",
            "actor",
            "model",
            "version",
            "before",
            "metric",
            "slice",
        ):
            page = Page(client.get(path, params={name: PAYLOAD}).text)
            assert not any(tag.startswith("evil") for tag, _ in page.tags)
            assert not any(set(attributes) & {"evil-attribute", "onmouseover"} for _, attributes in page.tags)


def test_markup_in_a_form_comes_back_as_text(history: Path) -> None:
    browser = Browser(create_app(Settings(root=history, token=TOKEN)))
    answer = browser.post("/sign-in", {"name": PAYLOAD[:90], "token": "wrong", "back": f"/{PAYLOAD}"})
    assert answer.status_code == 403
    assert Form("/sign-in", answer.text).fields["name"] == PAYLOAD[:90]
    assert not any(tag.startswith("evil") for tag, _ in Page(answer.text).tags)
    answer = browser.get("/sign-in", params={"back": f"/{PAYLOAD}"})
    assert Form("/sign-in", answer.text).fields["back"] == f"/{PAYLOAD}"
