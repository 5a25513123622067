"""The settings of Beam: which options each runner is given, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import load_config
from tests.markdown import blocks
from tfx_hallmark.registry.errors import ConfigError

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / "configs" / "local.yaml"

FLINK = {
    "runner": "flink",
    "master": "flink:8081",
    "parallelism": 8,
    "job_endpoint": "jobs:8099",
    "environment_type": "DOCKER",
    "environment_config": "registry.example/penguin:1",
    "extra": [],
}
SPARK = {key: value for key, value in FLINK.items() if key != "parallelism"} | {
    "runner": "spark",
    "master": "spark://spark:7077",
}
DATAFLOW = {
    "runner": "dataflow",
    "project": "my-project",
    "region": "europe-west1",
    "temp_location": "gs://my-bucket/temp",
    "staging_location": "gs://my-bucket/staging",
    "image": "registry.example/penguin:1",
    "machine_type": "n1-standard-4",
    "max_workers": 10,
    "service_account": "penguin@my-project.iam.gserviceaccount.com",
    "subnetwork": "regions/europe-west1/subnetworks/workers",
    "public_ips": False,
    "extra": [],
}


@pytest.fixture(autouse=True)
def _in_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def beam(**section):
    """Loads local.yaml with another section `beam`, as --set would."""
    return load_config(LOCAL, [f"beam={yaml.safe_dump(section, default_flow_style=True, width=10**6)}"]).beam


def refusal(**section):
    with pytest.raises(ConfigError) as caught:
        beam(**section)
    message = str(caught.value)
    assert "\n" not in message.removeprefix("--set beam=")
    return message.rpartition(": beam")[2]


# What each runner is given


def test_in_memory_is_beams_own_runner_in_this_process_and_never_prism():
    assert beam(runner="in_memory", extra=[]).arguments() == [
        "--runner=DirectRunner",
        "--direct_running_mode=in_memory",
        "--direct_num_workers=1",
        "--allow_unsafe_triggers",
        "--sdk_container_image=none",
    ]


def test_multi_processing_says_how_many_workers_and_has_them_import_tfx():
    options = beam(runner="multi_processing", workers=3, extra=[]).arguments()
    assert options == [
        "--runner=DirectRunner",
        "--direct_running_mode=multi_processing",
        "--allow_unsafe_triggers",
        "--sdk_container_image=none",
        "--beam_plugins=tfx",
        "--direct_num_workers=3",
    ]


def test_flink_is_given_master_parallelism_job_server_and_image():
    assert beam(**FLINK).arguments() == [
        "--runner=FlinkRunner",
        "--beam_plugins=tfx",
        "--flink_master=flink:8081",
        "--parallelism=8",
        "--job_endpoint=jobs:8099",
        "--environment_type=DOCKER",
        "--environment_config=registry.example/penguin:1",
        "--sdk_container_image=registry.example/penguin:1",
    ]


def test_spark_is_given_master_job_server_and_image():
    assert beam(**SPARK).arguments() == [
        "--runner=SparkRunner",
        "--beam_plugins=tfx",
        "--spark_master_url=spark://spark:7077",
        "--job_endpoint=jobs:8099",
        "--environment_type=DOCKER",
        "--environment_config=registry.example/penguin:1",
        "--sdk_container_image=registry.example/penguin:1",
    ]


def test_dataflow_is_given_everything_that_is_set():
    assert beam(**DATAFLOW).arguments() == [
        "--runner=DataflowRunner",
        "--beam_plugins=tfx",
        "--project=my-project",
        "--region=europe-west1",
        "--temp_location=gs://my-bucket/temp",
        "--staging_location=gs://my-bucket/staging",
        "--sdk_container_image=registry.example/penguin:1",
        "--worker_machine_type=n1-standard-4",
        "--max_num_workers=10",
        "--service_account_email=penguin@my-project.iam.gserviceaccount.com",
        "--subnetwork=regions/europe-west1/subnetworks/workers",
        "--no_use_public_ips",
    ]


def test_what_is_null_is_left_to_beam():
    nulls = ("staging_location", "machine_type", "max_workers", "service_account", "subnetwork")
    options = beam(**DATAFLOW | dict.fromkeys(nulls) | {"public_ips": True}).arguments()
    assert options == [
        "--runner=DataflowRunner",
        "--beam_plugins=tfx",
        "--project=my-project",
        "--region=europe-west1",
        "--temp_location=gs://my-bucket/temp",
        "--sdk_container_image=registry.example/penguin:1",
        "--use_public_ips",
    ]
    loopback = {"environment_type": "LOOPBACK", "environment_config": None, "job_endpoint": None}
    assert not [
        option
        for option in beam(**FLINK | loopback).arguments()
        if option.startswith(("--job_endpoint", "--environment_config", "--sdk_container_image"))
    ]


@pytest.mark.parametrize("section", [FLINK, SPARK, DATAFLOW, {"runner": "in_memory"}])
def test_further_options_follow_as_they_are(section):
    extra = ["--experiments=a", "--experiments=b", "--beam_plugins=mine", "--made_up=1 2", "--flag"]
    options = beam(**section | {"extra": extra}).arguments()
    assert [option for option in options if option in extra] == extra


def in_file(folder, **section):
    """Loads a copy of local.yaml with another section `beam`: only a file may ask for environment variables."""
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(LOCAL.read_text()) | {"beam": section}))
    return load_config(file).beam


def test_a_further_option_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL", "team=birds")
    section = in_file(tmp_path, runner="in_memory", extra=["--labels=${LABEL}"])
    assert section.arguments()[-1] == "--labels=team=birds"


def test_the_page_shows_settings_of_every_runner_and_all_of_them_are_valid():
    shown = [yaml.safe_load(block.code)["beam"] for block in blocks(ROOT / "docs" / "beam.md", "yaml")]
    assert [beam(**section).runner for section in shown] == [
        "in_memory", "multi_processing", "flink", "spark", "dataflow"
    ]  # fmt: skip


# What is refused


@pytest.mark.parametrize(
    ("section", "option", "setting"),
    [
        ({"runner": "in_memory"}, "--runner=FlinkRunner", "runner"),
        ({"runner": "in_memory"}, "--runner", "runner"),
        ({"runner": "in_memory"}, "--direct_num_workers=2", "runner"),
        ({"runner": "in_memory"}, "--direct_running_mode=multi_processing", "runner"),
        ({"runner": "multi_processing", "workers": 2}, "--direct_num_workers=2", "workers"),
        (FLINK, "--flink_master=other:1", "master"),
        (FLINK, "--environment_options=process_command=/x", "environment_config"),
        (FLINK, "--sdk_container_image=other", "environment_config"),
        (SPARK, "--job_endpoint=other:1", "job_endpoint"),
        (DATAFLOW, "--machine_type=n2", "machine_type"),
        (DATAFLOW, "--worker_harness_container_image=other", "image"),
        (DATAFLOW, "--use_public_ips", "public_ips"),
        (DATAFLOW, "--no_use_public_ips", "public_ips"),
    ],
)
def test_a_further_option_that_a_setting_makes_is_refused_with_that_setting(section, option, setting):
    message = refusal(**section | {"extra": ["--fine", option]})
    expected = f"(beam.{setting} sets {option.partition('=')[0]})"
    assert message.startswith(f".extra.1: should be a further option {expected}")


def test_a_setting_that_is_null_is_still_the_place_for_its_option():
    section = DATAFLOW | {"subnetwork": None, "extra": ["--subnetwork=regions/a/subnetworks/b"]}
    assert "(beam.subnetwork sets --subnetwork)" in refusal(**section)


@pytest.mark.parametrize("option", ["direct_num_workers=2", "-f", "--", "--=2", "two words", "--a=\nb", ""])
def test_what_is_no_option_is_refused(option):
    assert refusal(runner="in_memory", extra=[option]).startswith(
        ".extra.0: should be --option or --option=value"
    )


@pytest.mark.parametrize("name", ["s3_secret_access_key", "s3_session_token", "azure_connection_string"])
def test_a_credential_is_refused_and_not_repeated(tmp_path, monkeypatch, name):
    monkeypatch.setenv("SECRET", "hunter2")
    with pytest.raises(ConfigError) as caught:
        in_file(tmp_path, runner="in_memory", extra=[f"--{name}=${{SECRET}}"])
    assert "beam.extra.0: is a credential, which would be logged" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "changed", "expected"),
    [
        (
            DATAFLOW,
            {"temp_location": "s3://bucket/temp"},
            "temp_location: should be a folder on Cloud Storage",
        ),
        (DATAFLOW, {"temp_location": "gs://bucket"}, "temp_location: should be a folder on Cloud Storage"),
        (DATAFLOW, {"temp_location": "gs://Bucket/x"}, "temp_location: should be a folder on Cloud Storage"),
        (DATAFLOW, {"temp_location": None}, "temp_location: should be a valid string"),
        (DATAFLOW, {"staging_location": "/tmp/x"}, "staging_location: should be a folder on Cloud Storage"),
        (
            DATAFLOW,
            {"project": "123456"},
            "project: should be a project's id, in small letters, not its number",
        ),
        (DATAFLOW, {"region": "europe"}, "region: should be a region such as europe-west1"),
        (DATAFLOW, {"max_workers": 0}, "max_workers: should be greater than or equal to 1"),
        (DATAFLOW, {"max_workers": 4001}, "max_workers: should be less than or equal to 4000"),
        (
            DATAFLOW,
            {"service_account": "me"},
            "service_account: should be a service account's e-mail address",
        ),
        (DATAFLOW, {"subnetwork": "workers"}, "subnetwork: should be regions/REGION/subnetworks/SUBNETWORK"),
        (DATAFLOW, {"image": ""}, "image: should have at least 1 character"),
        (DATAFLOW, {"public_ips": 0}, "public_ips: should be a valid boolean"),
        (FLINK, {"master": "flink"}, "master: should be HOST:PORT, or [local] or [auto]"),
        (FLINK, {"parallelism": 0}, "parallelism: should be greater than or equal to 1"),
        (FLINK, {"parallelism": 32769}, "parallelism: should be less than or equal to 32768"),
        (FLINK, {"job_endpoint": "jobs"}, "job_endpoint: should be HOST:PORT"),
        (
            FLINK,
            {"environment_type": "docker"},
            "environment_type: should be 'DOCKER', 'PROCESS', 'EXTERNAL'",
        ),
        (FLINK, {"environment_config": None}, "environment_config: should be the workers' image"),
        (FLINK, {"environment_type": "LOOPBACK"}, "environment_config: should be null for LOOPBACK"),
        (
            FLINK,
            {"environment_type": "EXTERNAL"},
            "environment_config: should be HOST:PORT of the worker pool",
        ),
        (
            SPARK,
            {"environment_type": "PROCESS"},
            "environment_config: should be JSON with the worker's command",
        ),
        (
            SPARK,
            {"environment_type": "PROCESS", "environment_config": '{"cmd": "x"}'},
            "environment_config: should be JSON with the worker's command",
        ),
        (SPARK, {"master": "flink:8081"}, "master: should be spark://HOST:PORT"),
        (SPARK, {"parallelism": 2}, "parallelism: unknown key"),
        ({"runner": "multi_processing", "extra": []}, {"workers": 0}, "workers: should be greater than"),
        ({"runner": "multi_processing", "extra": []}, {"workers": 2.0}, "workers: should be a valid integer"),
        ({"runner": "multi_processing", "extra": []}, {}, "workers: missing"),
        ({"runner": "in_memory"}, {}, "extra: missing"),
        ({"runner": "in_memory"}, {"extra": "--a"}, "extra: should be a valid list"),
    ],
)
def test_a_setting_out_of_range_is_refused(section, changed, expected):
    assert refusal(**section | changed).startswith(f".{expected}")


def test_an_unknown_runner_is_refused_with_those_there_are():
    message = refusal(runner="dask", extra=[])
    for known in ("in_memory", "multi_processing", "flink", "spark", "dataflow"):
        assert known in message


@pytest.mark.parametrize("master", ["[local]", "[auto]", "flink:8081", "https://flink.example:443"])
def test_every_form_of_a_flink_master_is_taken(master):
    assert f"--flink_master={master}" in beam(**FLINK | {"master": master}).arguments()


@pytest.mark.parametrize("master", ["local", "local[*]", "spark://a:1,b:2", "yarn", "k8s://https://c:443"])
def test_every_form_of_a_spark_master_is_taken(master):
    assert f"--spark_master_url={master}" in beam(**SPARK | {"master": master}).arguments()


NAMES = st.sampled_from(["runner", "direct_num_workers", "direct_running_mode", "experiments", "a_b"])


@given(st.lists(st.builds("--{}={}".format, NAMES, st.text("ab=- ", max_size=4)), max_size=4))
def test_no_further_option_ever_says_what_the_section_says(extra):
    try:
        options = beam(runner="in_memory", extra=extra).arguments()
    except ConfigError:
        assert any(option.startswith(("--runner=", "--direct_")) for option in extra)
        return
    names = [option.partition("=")[0] for option in options]
    assert options[5:] == extra
    assert not set(names[:5]) & set(names[5:])


def test_the_settings_load_without_beam():
    code = "import sys, pipeline.config.beam; print('apache_beam' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
