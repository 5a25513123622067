"""The command: what it prints, how it ends, and what it needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kfp_lint.conftest import SPECS
from tfx_hallmark.kfp_lint.main import main


def test_a_good_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SPECS / "gated.yaml")]) == 0

    assert capsys.readouterr().out == "1 file checked, nothing found\n"


def test_faults_are_listed_like_a_compilers(capsys: pytest.CaptureFixture[str]) -> None:
    path = SPECS / "stock-2.1.yaml"

    assert main([str(path)]) == 1

    lines = capsys.readouterr().out.splitlines()
    [resolver] = [line for line in lines if "latest-model-model-resolver: " in line]
    place, _, message = resolver.partition(": error: ")
    assert message.startswith("root.dag.tasks.latest-model-model-resolver: is a resolver")
    assert message.endswith("[resolver]")
    assert lines[lines.index(resolver) + 1].startswith("    to do: ")
    file, _, number = place.rpartition(":")
    assert file == str(path)
    assert path.read_text().splitlines()[int(number) - 1].strip() == "latest-model-model-resolver:"
    assert lines[-1] == "1 file checked: 8 errors, 4 warnings"


def test_warnings_alone_are_no_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (SPECS / "gated.yaml").read_text().replace("gs://bucket/root", "s3://bucket/root")
    (tmp_path / "p.yaml").write_text(text)

    assert main([str(tmp_path / "p.yaml")]) == 0

    assert capsys.readouterr().out.endswith("1 file checked: 0 errors, 1 warning\n")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(SPECS / name) for name in ("gated.yaml", "stock-2.1.yaml")]

    assert main(["--json", *files]) == 1

    report = json.loads(capsys.readouterr().out)
    assert (report["errors"], report["warnings"], len(report["findings"])) == (8, 4, 12)
    assert report["findings"][0].keys() == {"file", "line", "severity", "rule", "where", "problem", "remedy"}
    assert {found["file"] for found in report["findings"]} == {files[1]}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"\xff\xfe\x00", "no UTF-8 text"),
        (b"a: [", "neither YAML nor JSON"),
        (b"", "no compiled pipeline"),
        (b"- 1\n", "no compiled pipeline"),
        (b"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", "no compiled pipeline"),
    ],
)
def test_what_is_no_spec(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    path = tmp_path / "p.yaml"
    if content is not None:
        path.write_bytes(content)

    assert main([str(path), str(SPECS / "gated.yaml")]) == 2

    output = capsys.readouterr()
    assert output.err.startswith(f"hallmark-kfp-lint: {path}: ")
    assert complaint in output.err
    assert output.err.count("\n") == 1
    assert output.out == "1 file checked, nothing found\n"


def test_it_needs_neither_tfx_nor_the_kfp_sdk() -> None:
    script = (
        "import sys\n"
        "from tfx_hallmark.kfp_lint.main import main\n"
        f"main([{str(SPECS / 'gated.yaml')!r}])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert "yaml" in loaded
    assert not loaded & {"tfx", "tensorflow", "kfp", "apache_beam", "ml_metadata", "numpy", "rich", "click"}


def test_an_output_that_nobody_reads() -> None:
    command = [sys.executable, "-m", "tfx_hallmark.kfp_lint.main", str(SPECS / "stock-2.1.yaml")]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1
