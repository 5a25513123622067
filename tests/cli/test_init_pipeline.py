"""`hallmark init-pipeline`: what a project is made of, what it is called, and what is refused."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import load_config
from tests.conftest import listing
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.errors import InvalidNameError
from tfx_hallmark.scaffold.project import check_pipeline_name, pipeline_name
from tfx_hallmark.scaffold.settings import rename

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(path.name for path in (ROOT / "configs").iterdir())
HALLMARK = ("-m", "tfx_hallmark.cli.main")


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `hallmark init-pipeline` in this process, in a folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["init-pipeline", *arguments])

    return run


def made(init: Callable[..., Any], *arguments: str) -> Path:
    done = init(*arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return Path(arguments[0])


def test_a_project_has_the_reference_pipeline_byte_for_byte_and_no_leftovers(init):
    project = made(init, "fish")
    copied = {path.relative_to(project) for path in (project / "pipeline").rglob("*") if path.is_file()}
    for path in copied:
        assert (project / path).read_bytes() == (ROOT / path).read_bytes()
    assert {Path("pipeline/penguin_pipeline.py"), Path("pipeline/local_runner.py")} <= copied
    assert {Path("pipeline/config/__init__.py"), Path("pipeline/modules/penguin.py")} <= copied
    assert Path("pipeline/data/penguins.csv") in copied
    assert Path("pipeline/demo.py") not in copied
    parts = {part for path in project.rglob("*") for part in path.relative_to(project).parts}
    assert "__pycache__" not in parts
    hidden = {part for part in parts if part.startswith(".")}
    assert hidden == {".dockerignore", ".github", ".gitignore", ".gitlab-ci.yml"}


def named(pipeline, config):
    """Gives a pipeline's name in a configuration: the one that monitors stands beside the one that trains."""
    return f"{pipeline.rstrip('-')}-monitor" if config == "monitor.yaml" else pipeline


@pytest.mark.parametrize("config", CONFIGS)
def test_names_stand_in_every_configuration_and_the_rest_is_untouched(init, config):
    project = made(init, "work", "--model", "card_fraud", "--pipeline", "fraud-daily")
    old = yaml.safe_load((ROOT / "configs" / config).read_text())
    new = yaml.safe_load((project / "configs" / config).read_text())
    assert (new["pipeline"]["name"], new["registry"]["model"]) == (named("fraud-daily", config), "card_fraud")
    assert new["pipeline"]["root"] == old["pipeline"]["root"].replace("penguin", "fraud-daily")
    for settings in (old, new):
        del settings["pipeline"]["name"], settings["registry"]["model"], settings["pipeline"]["root"]
    assert new == old


def test_the_pipelines_own_reader_takes_the_settings(init, monkeypatch):
    project = made(init, "fish").absolute()
    monkeypatch.chdir(project)
    config = load_config(Path("configs/local.yaml"))
    assert (config.pipeline.name, config.registry.model) == ("fish", "fish")
    assert Path(config.registry.root) == project / "output" / "registry"


def test_hallmark_finds_the_registry_of_the_local_settings(init, monkeypatch):
    monkeypatch.delenv("HALLMARK_ROOT", raising=False)
    project = made(init, "fish")
    says = yaml.safe_load((project / "hallmark.yaml").read_text())
    local = yaml.safe_load((ROOT / "configs/local.yaml").read_text())
    assert says["metadata"] == local["metadata"]["file"]
    found = project / says["root"]
    assert str(found).endswith(local["registry"]["root"])
    (found / ".hallmark").mkdir(parents=True)
    monkeypatch.chdir(project)
    assert CliRunner().invoke(app, ["list"]).exit_code == 0


def test_the_readme_names_the_model_and_no_placeholder_is_left(init):
    project = made(init, "work", "--model", "card_fraud", "--pipeline", "fraud")
    assert (project / "README.md").read_text().startswith("# card_fraud\n")
    assert not [path for path in project.rglob("*") if path.is_file() and b"{{model}}" in path.read_bytes()]


def test_workflow_files_name_the_model_as_a_text_and_are_there_for_both_forges(init):
    project = made(init, "work", "--model", "1.5", "--pipeline", "fraud")
    files = sorted(path.name for path in (project / ".github" / "workflows").iterdir())
    assert files == ["promote.yml", "pull-request.yml", "train.yml"]
    train = yaml.safe_load((project / ".github" / "workflows" / "train.yml").read_text())
    gitlab = yaml.safe_load((project / ".gitlab-ci.yml").read_text())
    assert (train["env"]["MODEL"], gitlab["variables"]["MODEL"]) == ("1.5", "1.5")
    assert "${{ vars.HALLMARK_ROOT }}" in train["env"].values()


def test_the_readme_names_what_is_there(init):
    project = made(init, "fish")
    text = (project / "README.md").read_text()
    modules = {f"{name.replace('.', '/')}.py" for name in re.findall(r"python -m (pipeline\.\w+)", text)}
    files = {
        *modules,
        *re.findall(r"`((?:pipeline|configs|tests|ci|\.github)/\S+\.(?:py|sh|ya?ml))", text),
    } - {"configs/*.yaml"}
    assert len(files) > 8
    assert not {file for file in files if not (project / file).is_file()}
    assert {f"configs/{config}" for config in CONFIGS} <= files


@pytest.mark.parametrize(
    ("model", "pipeline"),
    [("fraud", "fraud"), ("Card_Fraud.v2", "card-fraud-v2"), ("x" * 100, "x" * 63), ("a-_-b", "a-b")],
)
def test_the_pipelines_name_comes_from_the_models(model, pipeline):
    assert pipeline_name(model) == pipeline


@pytest.mark.parametrize("name", ["", "Fraud", "1st", "card_fraud", "-x", "x" * 64, "x\n", "é"])
def test_a_pipeline_name_that_some_orchestrator_refuses(name):
    with pytest.raises(InvalidNameError, match="give one by --pipeline"):
        check_pipeline_name(name)


@given(
    model=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    pipeline=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    config=st.sampled_from(CONFIGS),
)
def test_any_name_is_read_back_as_the_same_text_and_comments_stay_in_place(model, pipeline, config):
    text = (ROOT / "configs" / config).read_text()
    renamed = rename(text, model=model, pipeline=pipeline)
    values = yaml.safe_load(renamed)
    assert (values["pipeline"]["name"], values["registry"]["model"]) == (named(pipeline, config), model)
    for before, after in zip(text.splitlines(), renamed.splitlines(), strict=True):
        assert after.partition(" #")[2].split() == [
            word.replace("penguin", pipeline) for word in before.partition(" #")[2].split()
        ]
        if " #" in before.strip() and len(model) + len(pipeline) < 20:
            assert after.index(" #") == before.index(" #")


@pytest.mark.parametrize("name", ["null", "true", "on", "1.5", "1e5", "0x10", "12:30", "2026-01-01"])
def test_names_that_yaml_takes_for_something_else_are_quoted(name, tmp_path, monkeypatch):
    # The pipeline's reader, which knows more numbers than YAML 1.1 does.
    text = rename((ROOT / "configs/local.yaml").read_text(), model=name.replace(":", "."), pipeline="null")
    (tmp_path / "local.yaml").write_text(text)
    monkeypatch.chdir(ROOT)
    config = load_config(tmp_path / "local.yaml")
    assert (config.registry.model, config.pipeline.name) == (name.replace(":", "."), "null")


# What is refused, and what is left behind


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("taken",), 1, "taken is not empty: give a folder that is not there yet"),
        (("file",), 1, "file is a file: give a folder that is not there yet"),
        ((".",), 1, "is not empty"),
        (("file/below",), 1, "something that is no directory is in the way"),
        (("my model",), 2, "model name 'my model' cannot be used"),
        (("new", "--model", "../x"), 2, "model name '../x' cannot be used"),
        (("new", "--pipeline", "My_Pipeline"), 2, "pipeline name 'My_Pipeline' cannot be used"),
        (("2024",), 2, "give one by --pipeline"),
    ],
)
def test_refusals_are_one_line_and_leave_everything_as_it_was(init, arguments, code, said):
    Path("taken").mkdir()
    Path("taken/mine.txt").write_text("mine")
    Path("file").write_text("mine")
    before = listing(Path.cwd())
    done = init(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert listing(Path.cwd()) == before


def test_an_empty_folder_is_taken_but_not_the_one_the_shell_is_in(init, monkeypatch):
    Path("fish").mkdir()
    assert (made(init, "fish") / "README.md").is_file()
    Path("empty").mkdir()
    monkeypatch.chdir("empty")
    done = init(".", "--model", "fish")
    assert done.exit_code == 1
    assert "is the working directory: go up one and run it as `hallmark init-pipeline empty`" in done.stderr
    assert list(Path.cwd().iterdir()) == []


def test_a_project_that_cannot_be_finished_is_not_there(process, tmp_path):
    # The data file is larger than this process may write, half-way through the project.
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))\n"
        "from tfx_hallmark.cli.main import main; main()"
    )
    assert (ROOT / "pipeline/data/penguins.csv").stat().st_size > 12_000
    done = process("-c", code, "init-pipeline", "deep/down/fish", "--model", "fish", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("hallmark: failed while making deep/down/fish")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "deep/down").iterdir()) == []


def test_help_has_examples(init):
    done = init("--help")
    assert done.exit_code == 0
    assert "\n    hallmark init-pipeline fraud\n" in done.stdout


def test_it_needs_nothing_heavy(process, tmp_path):
    code = (
        "import sys; from tfx_hallmark.cli.main import app\n"
        "app(['init-pipeline', 'fish'], standalone_mode=False)\n"
        "print(set(sys.modules) & {'tensorflow', 'tfx', 'ml_metadata', 'apache_beam', 'pydantic', 'pipeline'})"
    )
    done = process("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"


def test_the_commands_that_are_named_next_are_this_environments(process, tmp_path):
    folder = tmp_path / "a folder"
    done = process(*HALLMARK, "init-pipeline", str(folder), "--model", "fish", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    change, run, look = (line.strip() for line in done.stdout.split("Next:\n")[1].splitlines()[:3])
    assert shlex.split(change) == ["cd", str(folder)]
    python, *arguments = shlex.split(run)
    assert Path(shutil.which(python)).parent == Path(sys.executable).parent
    assert arguments == ["-m", "pipeline.local_runner", "--config", "configs/local.yaml"]
    # As a shell would, from the folder it says to go to.
    shown = subprocess.run(
        f"{change} && {run.split(' -m ')[0]} -m pipeline.check_config configs/local.yaml",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "components")},
    )
    assert shown.returncode == 0, shown.stderr
    assert "fish" in shown.stdout
    assert shlex.split(look)[1:] == ["list", "fish"]


# From a wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution built from its sdist and installed into a folder, as pip does it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    # What git would hand out, without caches and the like; setuptools writes into it.
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "requirements.lock"):
        shutil.copy(ROOT / name, source)
    for name in ("components", "pipeline", "configs"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    environment = {**os.environ, "PYTHONPATH": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}

    def run(*arguments: str | Path) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=source,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    run("setup.py", "-q", "sdist", "-d", folder)
    [sdist] = folder.glob("*.tar.gz")
    run("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, sdist)
    [wheel] = folder.glob("*.whl")
    shutil.rmtree(source)
    source.mkdir()
    run("-m", "pip", "install", "-q", "--no-deps", "--target", folder / "installed", wheel)
    return folder / "installed"


def test_a_wheel_makes_the_same_project_as_a_checkout(installed, init):
    project = made(init, "fish")
    other = Path("from-the-wheel")
    done = subprocess.run(
        [sys.executable, installed / "bin" / "hallmark", "init-pipeline", other, "--model", "fish"],
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert listing(other) == listing(project)
    where = subprocess.run(
        [sys.executable, "-c", "import tfx_hallmark.scaffold as it; print(it.__file__)"],
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(installed)), "the checkout answered in the place of the wheel"


def test_an_installation_without_the_template_says_so(installed, tmp_path):
    broken = shutil.copytree(installed, tmp_path / "broken")
    shutil.rmtree(broken / "tfx_hallmark" / "scaffold" / "template")
    done = subprocess.run(
        [sys.executable, *HALLMARK, "init-pipeline", "fish"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(broken)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("hallmark: the reference pipeline is missing from ")
    assert not (tmp_path / "fish").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"broken"}
