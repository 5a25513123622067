"""kill -9 at every request that changes the store: what is served is whole, and what was begun is completed."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.faults.crew import Crew
from tests.object_stores.conftest import tree
from tests.object_stores.deaths import Death, Deaths
from tests.object_stores.mirror import Mirror
from tests.object_stores.server import S3Server
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.server_config_text import ServerConfigText
from tfx_hallmark.registry.store_url import StoreUrl

pytestmark = pytest.mark.slow

Make = Callable[[int], Path]
GRAPH = "saved_model.pb"
ADDED = "assets.extra/hallmark.json"


@pytest.fixture
def url(s3_root: str) -> str:
    """A root behind a server; one in memory is a single process's."""
    return s3_root


@pytest.fixture
def contents(make_candidate: Make) -> dict[str, dict[str, bytes]]:
    """The files of the versions that candidates 1 to 4 become."""
    return {f"1.0.{number - 1}": tree(make_candidate(number)) for number in range(1, 5)}


class Observer:
    """Looks at a root as TF Serving and another hallmark do.

    Args:
        url: The root.
        mirror: Its objects.
        contents: What each version holds.
    """

    def __init__(self, url: str, mirror: Mirror, contents: Mapping[str, dict[str, bytes]]) -> None:
        self._url = url
        self._mirror = mirror
        self._contents = contents
        self.kinds: list[str] = []

    def check(self) -> Model:
        """I1, I2: what can be loaded is committed and whole, and all records can be read; nothing is finished."""
        objects = self._mirror.objects()
        model = Registry.open(self._url).look_at("penguin")
        events = list(model.events())  # checks the chain
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        self.kinds = [event.kind for event in events]
        shown: dict[int, dict[str, bytes]] = {}
        for key, data in objects.items():
            if key.startswith("penguin/"):
                number, _, path = key.removeprefix("penguin/").partition("/")
                shown.setdefault(int(number), {})[path] = data
        loadable = {number for number, files in shown.items() if GRAPH in files}
        for number in loadable:
            assert shown[number].pop(ADDED)
            assert shown[number] == self._contents[model.state.releases[number].version]
        if config := objects.get("models.config"):
            entry = ServerConfigText(config.decode(), "models.config").entry("penguin")
            assert entry is None or {*entry.versions, *entry.labels.values()} <= loadable
        assert self._mirror.objects() == objects
        return model

    def settled(self) -> Model:
        """What whoever opens the model next makes of it."""
        Registry.open(self._url).model("penguin")
        return self.whole()

    def whole(self) -> Model:
        """Nothing is half done: every release can be loaded, what was pruned is gone, and so is their staging."""
        model = self.loadable()
        needed = {release.staging for release in model.state.releases.values()}
        objects = self._mirror.objects()
        assert not {key.split("/")[3] for key in objects if "/staging/" in key} & needed
        return model

    def loadable(self) -> Model:
        """Every release can be loaded, and what was pruned is gone."""
        model = self.check()
        pruned = {number for version in model.state.versions.values() for number in version.pruned}
        objects = self._mirror.objects()
        shown = {int(key.split("/")[1]) for key in objects if key.startswith("penguin/")}
        assert shown == model.state.releases.keys() - pruned
        assert all(f"penguin/{number}/{GRAPH}" in objects for number in shown)
        return model


@pytest.fixture
def mirror(root: StoreUrl) -> Mirror:
    return Mirror(str(root))


@pytest.fixture
def observer(url: str, mirror: Mirror, contents: Mapping[str, dict[str, bytes]]) -> Observer:
    return Observer(url, mirror, contents)


def doctor(url: str) -> None:
    """`hallmark doctor --fix` leaves nothing to be found."""
    done = CliRunner().invoke(app, ["doctor", "--fix", "--root", url])
    assert (done.exit_code, done.stderr) == (0, ""), done.stdout


def under_labels(url: str) -> None:
    Registry.open(url).settings.change(
        lambda settings: msgspec.structs.replace(settings, serving_policy="labels"),
        actor="a test",
        reason="a test",
    )


def finish(death: Death, url: str, observer: Observer) -> Model:
    """Look at what a death left; then let whoever opens the model next finish it, at times after doctor."""
    observer.check()
    if death.step % 4 == 0:
        doctor(url)
        observer.loadable()
    return observer.settled()


@pytest.fixture
def deaths_from(server: S3Server, crew: Crew, url: str, mirror: Mirror) -> Callable[[], Deaths]:
    """Gives the deaths of jobs that start with the root as it is then."""
    return lambda: Deaths(server, crew, url, mirror)


def test_i1_i2_i7_a_push_may_die_at_any_request(
    url: str,
    publish: Callable[..., str],
    make_candidate: Make,
    observer: Observer,
    deaths_from: Callable[[], Deaths],
) -> None:
    publish(1)
    second = make_candidate(2)
    died = []
    for death in deaths_from().of("tag_and_push", str(second), moments=("after", "before")):
        died.append(death)
        model = finish(death, url, observer)
        version = model.tag(second).version
        assert model.push_unchecked(second, version, reason="the retry").release == 2
        model = observer.whole()
        assert observer.kinds == ["tagged", "published"] * 2
        assert model.version("stable").version == version == "1.0.1"
    # Of each kind of request one at least, so that none is passed over unnoticed.
    asked = "\n".join(f"{each.request.method} {each.request.key}" for each in died)
    for part in ("/objects/", "/log/", "/model/", "/ready.json", f"/penguin/2/{GRAPH}", "POST "):
        assert part in asked
    assert len(died) > 18


def test_i1_i2_i11_a_rollback_may_die_at_any_request(
    url: str, three: list[str], observer: Observer, deaths_from: Callable[[], Deaths]
) -> None:
    died = 0
    for death in deaths_from().of("roll_back", three[0]):
        died += 1
        model = finish(death, url, observer)
        if model.version("stable").version != three[0]:
            assert model.rollback(to=three[0], reason="the retry").release == 4
        assert observer.whole().state.labels["stable"] == 4
        assert observer.kinds == [*["tagged", "published"] * 3, "rolled_back"]
    assert died > 10


def test_i1_i11_a_promotion_under_labels_may_die_at_any_request(
    url: str,
    publish: Callable[..., str],
    model: Model,
    observer: Observer,
    deaths_from: Callable[[], Deaths],
) -> None:
    publish(1)
    under_labels(url)
    canary = publish(2, label="canary")
    model.serving.apply(loaded=[1, 2])
    died = 0
    for _ in deaths_from().of("promote_unchecked", canary):
        died += 1
        observer.check()
        promoted = observer.settled()
        assert not promoted.serving.plan().ready  # whoever opened the model has taken that step
        if promoted.version("stable").version != canary:
            promoted.promote_unchecked(canary, "stable", reason="the retry")
        assert promoted.version("stable").version == canary
        assert promoted.serving.apply(loaded=[1, 2]).left == ()
        observer.whole()
        assert observer.kinds.count("promoted") == 1
    assert died == 2


def test_i1_i11_after_doctor_no_step_is_left_to_whoever_opens_the_model_next(
    url: str,
    publish: Callable[..., str],
    make_candidate: Make,
    model: Model,
    observer: Observer,
    deaths_from: Callable[[], Deaths],
    look: Callable[[], dict[str, bytes]],
) -> None:
    publish(1)
    under_labels(url)
    model.serving.apply(loaded=[1])
    listed = 0
    for _ in deaths_from().of("tag_and_push", str(make_candidate(2)), moments=("before",)):
        if 2 in observer.check().state.releases:
            # What the servers must load first, it cannot know of.
            CliRunner().invoke(app, ["doctor", "--fix", "--root", url])
            left = look()["models.config"]
            plan = observer.loadable().serving.plan()
            assert not plan.ready
            assert plan.present is not None
            assert (plan.present.versions, plan.present.loading) == ((1, 2), (2,))
            assert plan.present.labels == {"stable": 1}
            observer.settled()
            assert look()["models.config"] == left
            listed += 1
    assert listed > 3


def test_i1_i10_a_pruning_may_die_at_any_request(
    url: str, publish: Callable[..., str], observer: Observer, deaths_from: Callable[[], Deaths]
) -> None:
    versions = [publish(number) for number in (1, 2, 3, 4)]
    died = 0
    for death in deaths_from().of("prune", 0):
        died += 1
        model = finish(death, url, observer)
        assert model.version("stable").version == versions[-1]
        model.prune(keep_last=0, reason="the retry")
        pruned = [version for version in versions if model.version(version).state.pruned]
        assert len(pruned) == 1
        model = observer.whole()
        assert observer.kinds.count("pruned") == 1
    assert died == 4  # the event, the graph, the other files, and last what says which version it was
    assert model.rollback(reason="what is left can be gone back to").version == versions[2]
