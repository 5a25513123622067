"""A pipeline whose registry lies in an object store: what it tags, compares with and publishes is there."""

from pathlib import Path

import boto3
import pytest

from tests.object_stores.conftest import tree
from tests.object_stores.mirror import Mirror
from tests.object_stores.server import S3Server
from tests.tfx.pipelines import Pipelines
from tests.tfx.workbench import NAME
from tfx_hallmark import Registry


@pytest.fixture
def root(monkeypatch, published):
    """The URL of a registry in S3 where a first model is stable: a copy of one in a directory."""
    bench, _ = published
    with S3Server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        boto3.client("s3", endpoint_url=server.url).create_bucket(Bucket="models")
        url = "s3://models/serving"
        Mirror(url).put_back(tree(bench.root))
        yield url


def released(root, number):
    """Gives the files of a release by their paths."""
    start = f"{NAME}/{number}/"
    return {
        key.removeprefix(start): data for key, data in Mirror(root).objects().items() if key.startswith(start)
    }


def made(pipelines, outcome):
    """Gives the one artifact that a component made."""
    [artifact] = pipelines.store.get_artifacts_by_id(outcome.outputs)
    return artifact


def test_i3_i8_pipeline_publishes_into_a_store_what_beat_the_release_there(tmp_path, root):
    assert Registry.open(root).model(NAME).version("stable").releases == (1,)
    pipelines = Pipelines(tmp_path, root)
    outcomes = pipelines.run((10, 10))

    registered = Registry.open(root).model(NAME)
    assert [event.kind for event in registered.events()] == ["tagged", "published"] * 2
    better = registered.version("stable")
    assert better.releases == (2,)
    assert [reason.code for reason in better.verdict.reasons] == ["better"]
    assert registered.audit() == ()
    assert not [key for key in Mirror(root).objects() if "/staging/" in key]

    baseline = made(pipelines, outcomes["StableBaseline"])
    assert baseline.custom_properties["exists"].int_value == 1
    assert tree(Path(baseline.uri) / "Format-Serving") == released(root, 1)

    pushed = made(pipelines, outcomes["RegistryPusher"])
    said = {name: value.string_value for name, value in pushed.custom_properties.items()}
    assert pushed.custom_properties["pushed"].int_value == 1
    assert (said["pushed_destination"], said["pushed_version"]) == (f"{root}/{NAME}/2", "2")
    assert (said["hallmark_version"], said["hallmark_digest"]) == (better.version, better.digest)
    assert tree(Path(pushed.uri)) == released(root, 2)

    tagged = made(pipelines, outcomes["VersionTagger"])
    assert tagged.custom_properties["registry_root"].string_value == root
