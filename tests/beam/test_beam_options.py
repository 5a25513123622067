"""What Beam itself makes of the options: read by its own parsers, checked by its own validator, run by it."""

import contextlib
import json
import logging
import os
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import (
    DebugOptions,
    DirectOptions,
    FlinkRunnerOptions,
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
    SetupOptions,
    SparkRunnerOptions,
    StandardOptions,
    WorkerOptions,
)
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners.portability import local_job_service
from apache_beam.runners.runner import create_runner
from tfx.utils import dependency_utils

from pipeline.config import load_config
from tests.pipeline.test_beam_settings import DATAFLOW, FLINK, ROOT, SPARK

IN_MEMORY = {"runner": "in_memory", "extra": []}
MULTI_PROCESSING = {"runner": "multi_processing", "workers": 2, "extra": []}
SECTIONS = {
    "in_memory": IN_MEMORY,
    "multi_processing": MULTI_PROCESSING,
    "flink": FLINK,
    "flink_loopback": FLINK
    | {
        "master": "[local]",
        "job_endpoint": None,
        "environment_type": "LOOPBACK",
        "environment_config": None,
    },
    "spark": SPARK,
    "spark_process": SPARK
    | {"environment_type": "PROCESS", "environment_config": '{"command": "/opt/apache/beam/boot"}'},
    "dataflow": DATAFLOW,
    "dataflow_defaults": DATAFLOW
    | dict.fromkeys(("staging_location", "machine_type", "max_workers", "service_account", "subnetwork"))
    | {"public_ips": True},
}


def arguments(section):
    return load_config(ROOT / "configs" / "local.yaml", [f"beam={json.dumps(section)}"]).beam.arguments()


@pytest.fixture(autouse=True)
def _in_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(params=SECTIONS)
def options(request):
    return PipelineOptions(arguments(SECTIONS[request.param]))


# Read by Beam


def test_beam_knows_every_option_and_drops_none(options, caplog):
    values = options.get_all_options(drop_default=True)
    assert not [record.message for record in caplog.records if "iscarding" in record.message]
    assert values["runner"] == options.view_as(StandardOptions).runner


def test_beam_says_so_when_it_does_not_know_a_further_option(caplog):
    options = PipelineOptions(arguments(IN_MEMORY | {"extra": ["--no_such_option=1"]}))
    options.get_all_options()
    assert "Discarding unparseable args: ['--no_such_option=1']" in caplog.text


def test_beams_own_validator_finds_nothing(options):
    runner = create_runner(options.view_as(StandardOptions).runner)
    # A dry run, for else it looks on Cloud Storage whether the bucket keeps what is deleted.
    checked = PipelineOptions([*options._flags, "--dry_run=True"])
    assert PipelineOptionsValidator(checked, runner).validate() == []


def test_direct_options_arrive():
    in_memory = PipelineOptions(arguments(IN_MEMORY)).view_as(DirectOptions)
    assert (in_memory.direct_running_mode, in_memory.direct_num_workers) == ("in_memory", 1)
    many = PipelineOptions(arguments(MULTI_PROCESSING))
    direct = many.view_as(DirectOptions)
    assert (direct.direct_running_mode, direct.direct_num_workers) == ("multi_processing", 2)
    assert many.view_as(SetupOptions).beam_plugins == ["tfx"]


def test_flink_options_arrive():
    options = PipelineOptions(arguments(FLINK | {"extra": ["--flink_version=1.18", "--beam_plugins=mine"]}))
    flink = options.view_as(FlinkRunnerOptions)
    assert (flink.flink_master, flink.parallelism, flink.flink_version) == ("flink:8081", 8, "1.18")
    portable = options.view_as(PortableOptions)
    assert (portable.job_endpoint, portable.environment_type) == ("jobs:8099", "DOCKER")
    assert portable.environment_config == "registry.example/penguin:1"
    assert options.view_as(SetupOptions).beam_plugins == ["tfx", "mine"]


def test_spark_options_arrive():
    options = PipelineOptions(arguments(SPARK))
    assert options.view_as(SparkRunnerOptions).spark_master_url == "spark://spark:7077"
    assert options.view_as(PortableOptions).job_endpoint == "jobs:8099"


def test_dataflow_options_arrive():
    options = PipelineOptions(arguments(DATAFLOW | {"extra": ["--experiments=a", "--experiments=b"]}))
    cloud = options.view_as(GoogleCloudOptions)
    assert (cloud.project, cloud.region) == ("my-project", "europe-west1")
    assert (cloud.temp_location, cloud.staging_location) == ("gs://my-bucket/temp", "gs://my-bucket/staging")
    assert cloud.service_account_email == "penguin@my-project.iam.gserviceaccount.com"
    workers = options.view_as(WorkerOptions)
    assert (workers.machine_type, workers.max_num_workers) == ("n1-standard-4", 10)
    assert workers.sdk_container_image == "registry.example/penguin:1"
    assert workers.subnetwork == "regions/europe-west1/subnetworks/workers"
    assert workers.use_public_ips is False
    assert options.view_as(DebugOptions).experiments == ["a", "b"]


@pytest.mark.parametrize("section", [IN_MEMORY, MULTI_PROCESSING])
def test_workers_of_this_machine_are_not_sent_tfx_either(section):
    """TFX would build a wheel of itself for every component, which takes longer than the component."""
    given = arguments(section)
    assert dependency_utils.make_beam_dependency_flags(given) == given


@pytest.mark.parametrize("section", [FLINK, SPARK, DATAFLOW])
def test_workers_with_an_image_are_not_sent_tfx(section):
    given = arguments(section)
    assert dependency_utils.make_beam_dependency_flags(given) == given


@pytest.mark.parametrize(("section", "place"), [("flink", "container_image"), ("spark_process", "command")])
def test_the_runner_makes_the_workers_environment_of_the_settings(section, place):
    options = PipelineOptions(arguments(SECTIONS[section]))
    environment = create_runner(options.view_as(StandardOptions).runner).default_environment(options)
    expected = {"container_image": "registry.example/penguin:1", "command": "/opt/apache/beam/boot"}[place]
    assert getattr(environment, place) == expected


# Run by Beam


class Where(beam.DoFn):
    """Puts beside an element the process that works on it."""

    def process(self, element):
        yield os.getpid(), element


def count_by_process(options, folder):
    """Counts 100 numbers by the process that they were worked on in, and gives how Beam ran it."""
    pipeline = beam.Pipeline(argv=options)
    (
        pipeline
        | beam.Create(range(100))
        | beam.Reshuffle()
        | beam.ParDo(Where())
        | beam.combiners.Count.PerKey()
        | beam.Map(lambda pair: json.dumps(pair))
        | beam.io.WriteToText(str(folder / "counts"))
    )
    result = pipeline.run()
    result.wait_until_finish()
    lines = "".join(path.read_text() for path in Path(folder).glob("counts-*")).splitlines()
    return result, dict(json.loads(line) for line in lines)


def test_in_memory_runs_in_this_process_and_does_not_look_for_prism(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    result, counts = count_by_process(arguments(IN_MEMORY), tmp_path)
    assert type(result).__module__.startswith("apache_beam.runners.portability.fn_api_runner")
    assert counts == {os.getpid(): 100}
    assert "prism" not in caplog.text.lower()


def test_multi_processing_runs_in_as_many_other_processes_and_does_not_look_for_prism(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    _, counts = count_by_process(arguments(MULTI_PROCESSING), tmp_path)
    assert len(counts) == 2
    assert os.getpid() not in counts
    assert sum(counts.values()) == 100
    assert "running pipeline with prism" not in caplog.text.lower()


@contextlib.contextmanager
def job_server():
    """Beam's own job server in Python, which takes jobs as Flink's and Spark's do and runs them by itself."""
    server = local_job_service.LocalJobServicer()
    port = server.start_grpc_server()
    try:
        yield server, f"localhost:{port}"
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (FLINK, {"flink_master": "flink:8081", "parallelism": "8"}),  # all values are sent as text
        (SPARK, {"spark_master_url": "spark://spark:7077"}),
    ],
)
def test_a_job_server_is_handed_the_job_with_its_options(section, expected, tmp_path):
    with job_server() as (server, endpoint):
        own = {"job_endpoint": endpoint, "environment_type": "LOOPBACK", "environment_config": None}
        _, counts = count_by_process(arguments(section | own), tmp_path)
        (job,) = server._jobs.values()
        sent = job.pipeline_options().get_all_options()
    assert counts == {os.getpid(): 100}
    assert {key: sent[key] for key in expected} == expected
