"""The settings file: every mistake is one line that says where it is."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import load_config
from tfx_hallmark.registry.errors import ConfigError

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / "configs" / "local.yaml"


@pytest.fixture(autouse=True)
def _in_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def edited(tmp_path):
    """Returns a copy of local.yaml with one text replaced, and the line number of that text."""

    def edit(old: str, new: str) -> tuple[Path, int]:
        text = LOCAL.read_text()
        assert text.count(old) == 1, f"{old!r} must be in local.yaml once"
        file = tmp_path / "edited.yaml"
        file.write_text(text.replace(old, new))
        return file, text[: text.index(old)].count("\n") + 1

    return edit


def refusal(file: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(file, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_shipped_file_is_valid_and_explains_every_key():
    config = load_config(LOCAL)
    assert config.trainer.hidden_units == [8]
    text = LOCAL.read_text()
    for section, settings in config.model_dump().items():
        for key in settings:
            lines = [line for line in text.splitlines() if line.startswith(f"  {key}:")]
            assert lines, f"{section}.{key} is not in the file"
            assert all("#" in line for line in lines), f"{section}.{key} has no comment"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "learning_rate:",
            "learning_rat:",
            "trainer.learning_rat: unknown key; did you mean trainer.learning_rate?",
        ),
        ("trainer:", "training:", "training: unknown key; did you mean trainer?"),
        (
            "learning_rate: 0.01",
            "learning_rate: fast",
            'trainer.learning_rate: should be a valid number, not "fast"',
        ),
        ("learning_rate: 0.01", "learning_rate: 0", "trainer.learning_rate: should be greater than 0"),
        ("learning_rate: 0.01", "learning_rate: .nan", "trainer.learning_rate: should be a finite number"),
        (
            "learning_rate: 0.01",
            "learning_rate: true",
            "trainer.learning_rate: should be a valid number, not true",
        ),
        (
            "rollout: stable",
            "rollout: everybody",
            "registry.rollout: should be 'stable' or 'canary', not \"everybody\"",
        ),
        ("steps: 30", "steps: 2.5", "trainer.steps: should be a valid integer, not 2.5"),
        ("steps: 30", "steps: '30'", 'trainer.steps: should be a valid integer, not "30"'),
        ("steps: 30", "steps:", "trainer.steps: should be a valid integer, not null"),
        ("steps: 30", "steps: 2024-01-01", "trainer.steps: should be a valid integer"),
        ("steps: 30", "steps: !!python/name:os.system", "is not a value this file can hold"),
        ("steps: 30", "1: 30", "a key under 'trainer' is not plain text"),
        ("seed: 1 ", "seed: $SEED ", 'trainer.seed: should be a valid integer, not "$SEED"'),
        ("hidden_units: [8]", "hidden_units: [8, x]", "trainer.hidden_units.1: should be a valid integer"),
        ("hidden_units: [8]", "hidden_units: *a", "not valid YAML: found undefined alias 'a'"),
        ("enable_cache: false", "enable_cache: 0", "pipeline.enable_cache: should be a valid boolean, not 0"),
        ("model: penguin", "model: ../penguin", "registry.model: model name '../penguin' cannot be used"),
        ("root: output/registry", "root: ftp://models", "registry.root: should be a path, or a URL like"),
        ("confidence: null", "confidence: 1", "gate.confidence: should be less than 1"),
        ("confidence: null", "confidence: 0", "gate.confidence: should be greater than 0"),
        (
            "slice_min_examples: null",
            "slice_min_examples: 0",
            "gate.slice_min_examples: should be greater than or equal to 1",
        ),
        ("folder: pipeline/data", "folder: pipeline/dat", "data.folder: should be a folder that is there"),
        ("[island]", "&a [*a]", "alias '*a' is not supported"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(edited, old, new, expected):
    file, line = edited(old, new)
    message = refusal(file)
    assert message.startswith(f"{file}:{line}: ")
    assert expected in message


def test_a_key_set_twice_is_named_at_the_second(edited):
    file, line = edited("  steps: 30", "  steps: 30\n  steps: 40")
    assert refusal(file) == f"{file}:{line + 1}: trainer.steps: set twice; remove one of the two"


def test_an_open_quote_is_named_where_it_opens(edited):
    file, line = edited("metric: Sparse", 'metric: "Sparse')
    assert refusal(file).startswith(f"{file}:{line}: not valid YAML")


def test_a_missing_key_is_named_at_its_section(edited):
    file, _ = edited("  steps: 30 ", "  # ")
    section = LOCAL.read_text().splitlines().index("trainer:") + 1
    message = refusal(file)
    assert (
        message == f"{file}:{section}: trainer.steps: missing; add it (configs/local.yaml explains every key)"
    )


def test_further_mistakes_are_counted(edited):
    file, _ = edited("  steps: 30", "  stepz: 30\n  foo: 1")
    assert refusal(file).endswith("(and 2 more)")


@pytest.mark.parametrize(
    "content", ["", "# nothing\n", "text", "- a\n", "a: 1\n---\nb: 2\n", "\0", "[" * 3000]
)
def test_a_file_that_is_no_settings_file_is_refused(tmp_path, content):
    file = tmp_path / "odd.yaml"
    file.write_text(content)
    assert refusal(file).startswith(str(file))


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "absent.yaml")
    assert "Is a directory" in refusal(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"pipeline: \xe9")
    assert "not a UTF-8 text file" in refusal(latin)


def test_overrides_replace_values_and_the_last_one_wins():
    config = load_config(
        LOCAL,
        ["trainer.learning_rate=1e-5", "trainer.hidden_units=[32, 16]", "trainer.steps=5", "trainer.steps=6"],
    )
    assert config.trainer.learning_rate == 1e-5
    assert config.trainer.hidden_units == [32, 16]
    assert config.trainer.steps == 6


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("trainer.learning_rate=fast", "trainer.learning_rate: should be a valid number"),
        ("trainer.hidden_units=[8, x]", "trainer.hidden_units.1: should be a valid integer"),
        ("trainer.hidden_units=[", "is not valid YAML"),
        ("learning_rate=1", "learning_rate: unknown key; did you mean trainer.learning_rate?"),
        ("zzz.up=1", "zzz: unknown key; remove it, or use one of runner, pipeline, beam, metadata, data, "),
        ("metadata.fil=x", "metadata.fil: unknown key; did you mean metadata.file?"),
        ("metadata.zz=x", "metadata.zz: unknown key; remove it, or use one of backend, file"),
        ("trainer.seed.x=1", "trainer.seed is a value and has no keys below it"),
        ("trainer=5", "trainer: should be a section with keys below it, not 5"),
        ("trainer.seed", "expected section.key=value"),
        ("trainer..seed=1", "expected section.key=value"),
        ("=1", "expected section.key=value"),
    ],
)
def test_a_mistake_in_an_override_is_named_with_it(override, expected):
    message = refusal(LOCAL, override)
    assert message.startswith(f"--set {override}: ")
    assert expected in message


@given(
    st.dictionaries(
        st.text(max_size=8), st.recursive(st.none() | st.text() | st.floats(), st.lists), max_size=3
    )
)
def test_any_file_is_taken_or_refused_in_one_line(tmp_path_factory, content):
    import yaml

    file = tmp_path_factory.mktemp("any") / "any.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    refusal(file)


def test_relative_paths_are_taken_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline" / "data").mkdir(parents=True)
    config = load_config(LOCAL)
    assert config.registry.root == str(tmp_path / "output" / "registry")
    assert config.data.folder == str(tmp_path / "pipeline" / "data")


def test_settings_load_without_the_heavy_libraries():
    heavy = {"tensorflow", "tfx", "apache_beam", "ml_metadata", "tensorflow_model_analysis"}
    code = f"import sys, pipeline.config, pipeline.local_runner; print({heavy!r} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_wrong_settings_end_the_command_with_code_2():
    command = [
        sys.executable,
        "-m",
        "pipeline.local_runner",
        "--config",
        str(LOCAL),
        "--set",
        "trainer.seed=x",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == 'error: --set trainer.seed=x: trainer.seed: should be a valid integer, not "x"\n'
    assert done.stdout == ""
