"""One schema for every environment: kinds of runner and of metadata, variables, and no secret shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.check_config import main
from pipeline.config import load_config
from pipeline.local_runner import main as run_locally
from tfx_hallmark.registry.errors import ConfigError

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
VARIABLES = {
    "HALLMARK_METADATA_HOST": "db.example.org",
    "HALLMARK_METADATA_USER": "recorder",
    "HALLMARK_METADATA_PASSWORD": "tr0ub4dor",
    "HALLMARK_BUCKET": "penguins",
    "HALLMARK_IMAGE": "example.org/hallmark:1",
}


@pytest.fixture(autouse=True)
def _in_repository_with_variables(monkeypatch):
    monkeypatch.chdir(ROOT)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def refusal(name: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(CONFIGS / name, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["local.yaml", "airflow.yaml", "kubeflow.yaml", "vertex.yaml"])
def test_every_shipped_file_has_the_same_sections(name):
    config = load_config(CONFIGS / name)
    assert config.runner.kind == name.removesuffix(".yaml")
    assert list(yaml.safe_load((CONFIGS / name).read_text())) == list(config.plain())


@pytest.mark.parametrize("name", ["airflow.yaml", "kubeflow.yaml", "vertex.yaml"])
def test_the_gate_and_the_hyperparameters_are_the_same_in_every_environment(name):
    local, other = load_config(CONFIGS / "local.yaml"), load_config(CONFIGS / name)
    assert (other.gate, other.trainer) == (local.gate, local.trainer)
    assert other.data.train_buckets == local.data.train_buckets


def test_a_variable_is_filled_in_wherever_it_stands_in_a_value():
    assert load_config(CONFIGS / "kubeflow.yaml").pipeline.root == "gs://penguins/penguin"


def written(tmp_path: Path, old: str, new: str) -> Path:
    text = (CONFIGS / "local.yaml").read_text()
    assert text.count(old) == 1
    file = tmp_path / "written.yaml"
    file.write_text(text.replace(old, new))
    return file


def test_the_registry_of_containers_may_be_in_an_object_store():
    config = load_config(CONFIGS / "kubeflow.yaml", ["registry.root=gs://penguins/registry"])
    assert config.registry.root == "gs://penguins/registry"


def test_a_variable_is_a_number_where_a_number_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPS", "7")
    assert load_config(written(tmp_path, "steps: 30", "steps: ${STEPS}")).trainer.steps == 7
    # And text where text is asked for, though it looks like a number.
    assert load_config(written(tmp_path, "model: penguin", "model: v${STEPS}")).registry.model == "v7"


def test_a_password_of_digits_stays_text(monkeypatch):
    monkeypatch.setenv("HALLMARK_METADATA_PASSWORD", "0123")
    assert load_config(CONFIGS / "airflow.yaml").metadata.password.get_secret_value() == "0123"


def test_a_wrong_value_from_a_variable_names_the_variable_and_not_the_value(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPS", "hush")
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, "steps: 30", "steps: ${STEPS}"))
    assert str(caught.value).endswith(
        "trainer.steps: should be a valid integer; look at the environment variable STEPS"
    )
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${ABSENT}", "the environment variable ABSENT is not set; set it, or write the value in its place"),
        ("${}", "a '${' without a variable's name"),
        ("${A-B}", "a '${' without a variable's name"),
        ("x${", "a '${' without a variable's name"),
    ],
)
def test_a_reference_that_cannot_be_filled_in_is_named_with_its_line(tmp_path, value, expected):
    file = written(tmp_path, "root: output/registry", f"root: '{value}'")
    [line] = [number for number, text in enumerate(file.read_text().splitlines(), 1) if value in text]
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert expected in str(caught.value)


def test_what_is_no_reference_stays_as_it_is(tmp_path):
    file = written(tmp_path, "root: output/registry", "root: output/$HOME/$${X}")
    assert load_config(file).registry.root == str(ROOT / "output/$HOME/${X}")


@pytest.mark.parametrize("key", ["user", "password"])
def test_a_credential_in_a_file_or_an_option_is_refused_without_showing_it(key, tmp_path):
    message = refusal("airflow.yaml", f"metadata.{key}=correcthorse")
    assert f"metadata.{key}: write it as ${{NAME}} and set that environment variable" in message
    file = tmp_path / "airflow.yaml"
    text = (CONFIGS / "airflow.yaml").read_text()
    file.write_text(text.replace("${HALLMARK_METADATA_" + key.upper() + "}", "correcthorse"))
    with pytest.raises(ConfigError, match=r"write it as \$\{NAME\}") as caught:
        load_config(file)
    assert "correcthorse" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "override", "expected"),
    [
        ("local.yaml", "runner.kind=argo", "'local', 'airflow', 'kubeflow', 'vertex', not 'argo'"),
        ("local.yaml", "runner={}", "runner: has no key 'kind'; add it"),
        ("local.yaml", "runner=local", "runner: should be a section with keys below it"),
        ("local.yaml", "metadata.backend=oracle", "metadata.backend: should be one of 'sqlite', 'mysql'"),
        ("local.yaml", "metadata.backend=orchestrator", "metadata.backend: should be sqlite, mysql"),
        ("local.yaml", "metadata.backend=mysql", "metadata.file: unknown key"),
        ("local.yaml", "metadata.port=1", "metadata.port: unknown key"),
        ("airflow.yaml", "metadata.port=0", "metadata.port: should be greater than or equal to 1, not 0"),
        ("airflow.yaml", "runner.retries=-1", "runner.retries: should be greater than or equal to 0"),
        ("airflow.yaml", "runner.start_date=soon", "runner.start_date: should be a valid date"),
        ("airflow.yaml", "runner.retry=1", "runner.retry: unknown key; did you mean runner.retries?"),
        ("kubeflow.yaml", "pipeline.root=output", "pipeline.root: should begin with gs:// or s3:// and a bucket"),
        ("kubeflow.yaml", "pipeline.root=minio://b/x", "pipeline.root: should begin with gs:// or s3://"),
        ("kubeflow.yaml", "pipeline.root=gs://", "pipeline.root: should begin with gs:// or s3:// and a bucket"),
        ("vertex.yaml", "pipeline.root=s3://b/x", "pipeline.root: should begin with gs:// and a bucket"),
        ("kubeflow.yaml", "data.folder=pipeline/data", "data.folder: should begin with gs:// or s3://, or be"),
        ("kubeflow.yaml", "registry.root=models", "registry.root: should be the absolute path"),
        ("kubeflow.yaml", "registry.root=ftp://models", "registry.root: should be a path, or a URL like"),
        ("kubeflow.yaml", "metadata.backend=grpc", "metadata.backend: should be orchestrator"),
        ("kubeflow.yaml", "runner.registry_claim=Not_A_Claim", "runner.registry_claim: should match pattern"),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_its_environment_is_named(name, override, expected):
    message = refusal(name, override)
    assert message.startswith((f"--set {override}: ", str(CONFIGS / name)))
    assert expected in message


def test_settings_of_another_runner_are_refused_before_anything_runs(capsys):
    assert run_locally(["--config", str(CONFIGS / "airflow.yaml")]) == 2
    assert capsys.readouterr().err == (
        "error: runner.kind is airflow, which pipeline/airflow_dag.py or pipeline/airflow3_dag.py runs; "
        "set it to local to run it here\n"
    )


class TestCheckConfig:
    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_prints_what_is_in_effect_without_secrets(self, form, capsys):
        file = str(CONFIGS / "airflow.yaml")
        assert main([file, "--set", "runner.retries=5", *form]) == 0
        out = capsys.readouterr().out
        settings = json.loads(out) if form else yaml.safe_load(out)
        assert settings["runner"]["retries"] == 5
        assert settings["metadata"]["host"] == VARIABLES["HALLMARK_METADATA_HOST"]
        assert settings["metadata"]["password"] == "**********"
        assert VARIABLES["HALLMARK_METADATA_PASSWORD"] not in out

    def test_what_it_prints_is_a_settings_file_itself(self, capsys, tmp_path):
        assert main([str(CONFIGS / "local.yaml")]) == 0
        file = tmp_path / "printed.yaml"
        file.write_text(capsys.readouterr().out)
        assert load_config(file) == load_config(CONFIGS / "local.yaml")

    def test_a_mistake_is_one_line_and_code_2(self, capsys):
        assert main([str(CONFIGS / "local.yaml"), "--set", "trainer.seed=x"]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("error: --set trainer.seed=x: ")

    def test_a_reader_that_has_seen_enough_is_no_traceback(self):
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "pipeline.check_config", str(CONFIGS / "local.yaml")]
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writing)
        assert (done.returncode, done.stderr) == (1, "")
