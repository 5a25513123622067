"""`hallmark init-pipeline`: a project of one's own, from the reference pipeline."""

import importlib.util
import shlex
import shutil
import sys
from pathlib import Path

import click


@click.command("init-pipeline")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--model", metavar="NAME", help="Name in the registry and in TF Serving; by default DIR's.")
@click.option(
    "--pipeline",
    metavar="NAME",
    help="Name in ML Metadata, Airflow and Kubeflow; by default the model's, in lower case with hyphens.",
)
def command(folder: Path, model: str | None, pipeline: str | None) -> None:
    """Make a project in DIR from the reference pipeline, ready to run.

    DIR gets a pipeline of its own (definition, settings, runners, model code, data), a configuration for
    each orchestrator, a test and a README that says what to change. DIR must not be there yet, or be
    empty; it appears complete or not at all.

    \b
    Examples:
      hallmark init-pipeline fraud
      hallmark init-pipeline work/fraud --model card_fraud --pipeline card-fraud-daily
    """  # noqa: D301
    # Reading YAML is dear at the start of a command, and only this one needs it.
    from tfx_hallmark.scaffold.project import create_project, pipeline_name

    model = folder.absolute().name if model is None else model
    pipeline = pipeline_name(model) if pipeline is None else pipeline
    count = create_project(folder, model=model, pipeline=pipeline)
    print(f"{folder} has {count} files: model {model}, pipeline {pipeline}\n")
    if importlib.util.find_spec("tfx") is None:
        print("TFX is not installed beside hallmark here; hallmark's README says how. With it:\n")
    print("Next:")
    print(f"  cd {shlex.quote(str(folder))}")
    print(f"  {_typed('python')} -m pipeline.local_runner --config configs/local.yaml")
    print(f"  {_typed('hallmark')} list {model}")
    print("\nREADME.md in it says what to change to make it yours.")


def _typed(program: str) -> str:
    """Return what to type for a program of this environment: its name, if the shell finds that very one."""
    own = Path(sys.executable).with_name(program)
    found = shutil.which(program)
    # Not the files that links lead to: each environment's python is a link to one and the same.
    return program if found is not None and Path(found) == own else shlex.quote(str(own))
