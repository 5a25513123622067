"""docs/adopting.md: what it tells to type can be typed, and its recipes do what they say.

tests/tfx/test_adopting_pipelines.py runs its pipelines.
"""

import ast
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.documented_commands import command_of
from tests.markdown import applied, blocks, scripts
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.errors import ForeignEntryError
from tfx_hallmark.registry.registry import Registry

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adopting.md"
SCRIPTS = scripts(PAGE)
COMMANDS = [
    line for block in blocks(PAGE, "bash") for line in block.code.splitlines() if line.startswith("hallmark ")
]
COMMANDS += re.findall(r"`(hallmark [\w-]+ [^`]+)`", PAGE.read_text())


def test_every_block_is_of_a_kind_that_is_tested():
    languages = re.findall(r"^ *```(\w*)$", PAGE.read_text(), re.M)
    assert set(languages) == {"", "bash", "diff", "python", "text"}
    assert languages.count("") * 2 == len(languages)
    assert "" not in SCRIPTS, "each Python block names its file in its first line"
    assert len(SCRIPTS) == len(blocks(PAGE, "python"))
    assert (len(blocks(PAGE, "diff")), len(blocks(PAGE, "text"))) == (1, 1)


@pytest.mark.parametrize("name", SCRIPTS)
def test_python_blocks_compile_and_what_they_import_from_hallmark_is_there(name):
    tree = ast.parse(SCRIPTS[name], name)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("tfx_hallmark."):
            path = ROOT / "components" / Path(*node.module.split("."))
            defined = ast.parse(path.with_suffix(".py").read_bytes()).body
            names = {one.name for one in defined if isinstance(one, (ast.FunctionDef, ast.ClassDef))}
            names |= {target.id for one in defined if isinstance(one, ast.Assign) for target in one.targets}
            assert {alias.name for alias in node.names} <= names


def test_airflow_3_gets_arguments_that_it_takes():
    # The reference pipeline's DAG shows in the tests for Airflow that these do what they say.
    [call] = [
        node
        for node in ast.walk(ast.parse(SCRIPTS["airflow3_dag.py"]))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "make_dag"
    ]
    source = ROOT / "components/tfx_hallmark/orchestration/airflow3.py"
    [taken] = [
        node
        for node in ast.parse(source.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name == "make_dag"
    ]
    required = {
        argument.arg
        for argument, default in zip(taken.args.kwonlyargs, taken.args.kw_defaults, strict=True)
        if default is None
    }
    assert required <= {keyword.arg for keyword in call.keywords}
    assert len(call.args) == len(taken.args.args) == 1


@pytest.mark.parametrize("block", blocks(PAGE, "bash"), ids=lambda block: block.code.split("\n")[0])
def test_shell_blocks_are_shell(block):
    done = subprocess.run(["bash", "-n", "-c", block.code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("line", COMMANDS)
def test_hallmark_commands_have_the_arguments_that_they_take(line):
    name, *arguments = shlex.split(line)[1:]
    command_of(name).make_context(name, arguments)


def test_links_within_the_page_lead_somewhere():
    text = PAGE.read_text()
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def test_the_diff_fits_the_pipeline_above_it_and_leaves_nothing_of_the_old_one():
    [diff] = blocks(PAGE, "diff")
    changed = applied(diff.code, SCRIPTS["my_pipeline.py"])
    compile(changed, "my_pipeline.py", "exec")
    code = ast.unparse(ast.parse(changed))
    for gone in ("Resolver", "components.Pusher", "components.Evaluator", "resolver", "SERVING"):
        assert gone not in code
    for new in ("VersionTagger", "StableBaseline", "BaselineEvaluator", "RegistryPusher", "run_id=run_id"):
        assert new in code


# The recipes


@pytest.fixture
def serving(tmp_path):
    """What Pusher leaves: two timestamps, the later one with other weights."""
    for number, timestamp in enumerate(("1763600000", "1763683200")):
        change_weights(copy_saved_model("linear", tmp_path / "serving" / timestamp), number)
    return tmp_path / "serving"


def run(process, script, *arguments):
    done = process("-c", SCRIPTS[script], *map(str, arguments))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_serves_becomes_the_first_release(process, serving, tmp_path):
    before = {path: path.read_bytes() for path in serving.rglob("*") if path.is_file()}
    said = run(process, "register_served.py", tmp_path / "root", serving / "1763683200")
    assert said == (
        f"{serving / '1763683200'} is penguin 1.0.0 now, release 1 in {tmp_path / 'root' / 'penguin' / '1'}\n"
    )
    stable = Registry.open(tmp_path / "root").model("penguin").version("stable")
    assert (stable.version, stable.releases) == ("1.0.0", (1,))
    assert stable.verdict.override == "it served before there was a registry"
    assert {path: path.read_bytes() for path in serving.rglob("*") if path.is_file()} == before


def test_older_ones_may_be_registered_before_it(process, serving, tmp_path):
    for timestamp in ("1763600000", "1763683200"):
        run(process, "register_served.py", tmp_path / "root", serving / timestamp)
    model = Registry.open(tmp_path / "root").model("penguin")
    assert [version.releases for version in model.versions()] == [(1,), (2,)]
    assert model.version("stable").releases == (2,)


def test_a_directory_with_timestamps_is_refused_in_the_words_of_the_page(serving, tmp_path):
    serving.rename(tmp_path / "penguin")
    model = Registry.create(tmp_path).model("penguin")
    candidate = copy_saved_model("linear", tmp_path / "candidate")
    version = model.tag(candidate).version
    shutil.rmtree(tmp_path / "penguin" / "1763600000")
    [quoted] = blocks(PAGE, "text")
    with pytest.raises(ForeignEntryError) as caught:
        model.push_unchecked(candidate, version, reason="a test")
    assert str(caught.value).replace(str(tmp_path), "/srv/serving") == quoted.code.strip()


def test_a_deleted_release_comes_back_under_its_number_if_the_bytes_are_the_same(process, serving, tmp_path):
    root = tmp_path / "root"
    run(process, "register_served.py", root, serving / "1763600000")
    release = root / "penguin" / "1"
    subprocess.run(["chmod", "-R", "u+w", release], check=True)
    shutil.rmtree(release)
    other = process("-c", SCRIPTS["restore_release.py"], root, "1.0.0", serving / "1763683200")
    assert other.returncode != 0
    assert "is not what was tagged as 1.0.0" in other.stderr
    assert not release.exists()
    said = run(process, "restore_release.py", root, "1.0.0", serving / "1763600000")
    assert said == f"release 1 is back in {release}\n"
    assert (release / "saved_model.pb").is_file()
