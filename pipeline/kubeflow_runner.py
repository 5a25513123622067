"""Compiles the penguin pipeline for Kubeflow Pipelines or Vertex AI Pipelines."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.command_line import ended, settings_parser
from pipeline.config import Config, load_config
from pipeline.config.runner import VertexRunner
from pipeline.console import noise_into
from tfx_hallmark.registry.errors import ConfigError

if TYPE_CHECKING:
    from tfx_hallmark.orchestration.kubeflow import CompiledSpec

# The Dockerfile copies `pipeline` into the image's working directory.
_SOURCE_ROOT = Path(__file__).parent.parent
_FORMATS = {"kubeflow": (".yaml", ".yml"), "vertex": (".json",)}
_EXAMPLES = """
examples:
  python -m pipeline.kubeflow_runner --config configs/kubeflow.yaml --out penguin.yaml
  python -m pipeline.kubeflow_runner --config configs/kubeflow.yaml --out penguin.yaml \\
      --set pipeline.enable_cache=true --set trainer.steps=200
  python -m pipeline.kubeflow_runner --config configs/vertex.yaml --out penguin.json

docs/kubeflow.md says how the file is submitted.

exit codes: 0 the file was written, 1 it could not be, 2 wrong settings or a pipeline that would be refused
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)

    def command() -> None:
        config = load_config(options.config, options.overrides)
        _check(config, options.config, options.out)
        # TensorFlow and Google's libraries have much to say when they are imported, and nothing of use here.
        with tempfile.TemporaryDirectory() as folder, noise_into(Path(folder, "log")):
            compiled = compile_pipeline(config)
        compiled.write(options.out)
        for warning in compiled.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(f"{options.out}: pipeline {config.pipeline.name} for {config.runner.kind}")

    return ended(command)


def compile_pipeline(config: Config) -> "CompiledSpec":
    """Compile the pipeline for the runner that the settings name, Kubeflow or Vertex.

    Raises:
        ConfigError: If the backend would refuse it.
    """
    # These import TensorFlow and TFX, which is slow, so not before the settings are known to be right.
    from pipeline.penguin_pipeline import create_pipeline
    from tfx_hallmark.orchestration import kubeflow

    pipeline = create_pipeline(config, run_id=kubeflow.RUN_ID)
    if config.runner.kind == "kubeflow":
        return kubeflow.compile_for_kubeflow(
            pipeline,
            image=config.runner.image,
            source_root=_SOURCE_ROOT,
            registry_claim=config.runner.registry_claim,
        )
    assert isinstance(config.runner, VertexRunner)
    return kubeflow.compile_for_vertex(pipeline, image=config.runner.image, source_root=_SOURCE_ROOT)


def _check(config: Config, file: Path, out: Path) -> None:
    formats = _FORMATS.get(config.runner.kind)
    if formats is None:
        msg = (
            f"{file}: runner.kind: {config.runner.kind} compiles to no file; "
            "use kubeflow or vertex, as configs/kubeflow.yaml and configs/vertex.yaml do"
        )
        raise ConfigError(msg)
    if out.suffix not in formats:
        msg = f"--out {out}: for {config.runner.kind} the file's name must end with {' or '.join(formats)}"
        raise ConfigError(msg)
    if not out.absolute().parent.is_dir():
        msg = f"--out {out}: the folder {out.parent} is not there; make it, or choose another"
        raise ConfigError(msg)


def _parser() -> argparse.ArgumentParser:
    parser = settings_parser(
        "pipeline.kubeflow_runner",
        description="Compile the penguin pipeline for Kubeflow Pipelines or Vertex AI Pipelines.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
