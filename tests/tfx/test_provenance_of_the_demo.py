"""What three versions of the demo's pipeline say they were made from, and what they must never say."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from blake3 import blake3

from tests.tfx.workbench import Bench
from tfx_hallmark import Registry
from tfx_hallmark.registry.model import Model
from tfx_hallmark.tagger.provenance import TrainingRecord

TOKENS = re.compile(
    r"gh[opusr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|PRIVATE KEY-----|://[^/\s\"]+:[^/\s\"]+@"
)
SECRET_NAMES = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|PRIVATE", re.IGNORECASE)
HOMES = re.compile(r"(?<![\w.])/(?:root|home|Users)/[\w.-]+")


@pytest.fixture(scope="module")
def penguins(demo_here: Path) -> Model:
    """The demo's model; to be read only."""
    return Registry.open(demo_here / "registry").model("penguin")


def code_of(model: Model) -> set[str]:
    """Names the objects that are somebody's source or diff: kept as they are, whatever stands in them."""
    found = set()
    for version in model.versions():
        code = version.manifest.provenance.code
        kept = [code.module_source, code.diff, *(file.source for file in code.files.values())]
        found |= {digest.removeprefix("b3:") for digest in kept if digest}
    return found


def without_uris(value: Any) -> Any:
    """Gives JSON without the uris of artifacts."""
    if isinstance(value, dict):
        return {
            key: without_uris(one) for key, one in value.items() if key not in ("uri", "uris", "model_uri")
        }
    return [without_uris(one) for one in value] if isinstance(value, list) else value


def written(demo: Path) -> dict[str, str]:
    """Gives all that the registry says in its records and beside the models, without uris and without code."""
    registry = demo / "registry"
    code = code_of(Registry.open(registry).model("penguin"))
    objects = registry / ".hallmark" / "penguin" / "objects"
    texts = {
        path.name: msgspec.json.encode(without_uris(msgspec.json.decode(path.read_bytes()))).decode()
        for path in objects.iterdir()
        if path.name not in code
    }
    assert len(texts) >= 10
    extra = list(registry.glob("penguin/*/assets.extra/hallmark.json"))
    assert extra
    for path in extra:
        document = without_uris(msgspec.json.decode(path.read_bytes()))
        texts[str(path.relative_to(registry))] = msgspec.json.encode(document).decode()
    return texts


def test_every_version_says_what_data_code_and_settings_it_was_made_from(
    penguins: Model, demo_here: Path
) -> None:
    versions = {version.version: version for version in penguins.versions()}
    assert sorted(versions) == ["1.0.0", "1.1.0", "1.2.0"]
    data = {version.manifest.provenance.data.digest for version in versions.values()}
    assert len(data) == 1, "all were trained on the same penguins"
    for version in versions.values():
        made = version.manifest.provenance
        assert dict(made.data.records) == {"eval": 140, "train": 204}
        assert set(made.inputs) == {"examples", "schema", "transform_graph"}
        assert made.code.module == "pipeline/modules/penguin.py"
        assert "def run_fn" in version.module_source
        assert "species" in version.schema_text
        assert (made.run.pipeline, made.run.orchestrator) == ("penguin", "local")
        assert "/Trainer/model/" in made.run.model_uri
        assert made.environment.packages["tensorflow"] == version.packages["tensorflow"]
        assert version.manifest.golden.predictions
    settings = {name: version.manifest.provenance for name, version in versions.items()}
    assert (
        settings["1.0.0"].hyperparameters["learning_rate"]
        != settings["1.1.0"].hyperparameters["learning_rate"]
    )
    assert settings["1.2.0"].hyperparameters["hidden_units"] == [32]
    assert "seed" not in settings["1.0.0"].hyperparameters
    assert settings["1.0.0"].seed == settings["1.0.0"].custom_config["seed"] == 1
    assert settings["1.0.0"].cost.seconds > 0


def test_source_on_record_is_the_module_that_the_digest_names(penguins: Model) -> None:
    for version in penguins.versions():
        code = version.manifest.provenance.code
        assert code.module_digest == f"b3:{blake3(version.module_source.encode()).hexdigest()}"


def test_no_home_directory_stands_in_any_record_beside_artifact_uris(demo_here: Path) -> None:
    home = str(Path.home())
    for name, text in written(demo_here).items():
        assert not HOMES.search(text), name
        assert f'"{home}/' not in text, name
        assert str(demo_here) not in text, name


def test_no_token_and_no_credential_stands_in_any_record(demo_here: Path) -> None:
    secrets = [value for name, value in os.environ.items() if SECRET_NAMES.search(name) and len(value) >= 8]
    for name, text in written(demo_here).items():
        assert not TOKENS.search(text), name
        assert not any(secret in text for secret in secrets), name


def test_search_for_secrets_would_find_one(demo_here: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_here / "registry", tmp_path / "registry")
    leak = tmp_path / "registry" / ".hallmark" / "penguin" / "objects" / "leak"
    leak.write_bytes(msgspec.json.encode({"a": "ghp_" + "a" * 36, "b": "/home/ada/.netrc"}))
    text = written(tmp_path)["leak"]
    assert TOKENS.search(text)
    assert HOMES.search(text)


def test_no_environment_variable_and_no_secret_setting_gets_into_any_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "sentinel-of-a-secret-variable")
    monkeypatch.setenv("FAVOURITE_COLOUR", "sentinel-of-a-plain-variable")
    settings = {
        "depth": 3,
        "mask_token": "[MASK]",
        "api_token": "sentinel-of-a-token",
        "nested": {"password": "sentinel-of-a-password"},
        "source": "https://ada:sentinel-of-an-address@example.org/data",
        "harmless": "ghp_" + "s" * 36,
    }
    training = TrainingRecord(module="train.py", hyperparameters=settings, custom_config=settings)
    candidate = bench.tag(bench.train(20, 20), training=training)
    records = [path.read_bytes() for path in (bench.root / ".hallmark").rglob("*") if path.is_file()]
    records.append(str(candidate.model_version.mlmd_artifact).encode())
    assert len(records) > 3
    for record in records:
        assert b"sentinel" not in record
        assert b"ghp_" not in record
    kept = bench.registered.version("1.0.0").manifest.provenance.hyperparameters
    assert (kept["depth"], kept["mask_token"]) == (3, "[MASK]")
    assert kept["api_token"] == kept["nested"]["password"] == kept["harmless"] == "[redacted]"
    assert kept["source"] == "https://[redacted]@example.org/data"


def test_each_version_has_the_curve_of_its_training(penguins: Model) -> None:
    for version in penguins.versions():
        curve = version.training_curve
        assert curve is not None
        assert [epoch.epoch for epoch in curve.epochs] == list(range(1, 11))
        assert all(
            set(epoch.metrics)
            == {"loss", "sparse_categorical_accuracy", "val_loss", "val_sparse_categorical_accuracy"}
            for epoch in curve.epochs
        )
        # What was measured last in validation is what the gate measured, on the same rows.
        measured = version.metrics["Overall"]["sparse_categorical_accuracy"]
        last = curve.epochs[-1].metrics["val_sparse_categorical_accuracy"]
        assert last == pytest.approx(measured, abs=1e-6)
        assert curve.runs == {}
