"""Makes a project's folder: complete, or not at all."""

import re
import secrets
import shutil
from pathlib import Path

from tfx_hallmark.registry.errors import ConfigError, InvalidNameError
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.storage import explain_os_errors
from tfx_hallmark.scaffold.reference import reference_files, reference_folder
from tfx_hallmark.scaffold.settings import rename

_SKELETON = Path(__file__).with_name("skeleton")
# What ML Metadata, a DAG's id, and a Kubeflow or Vertex job's name all take
# (tfx/orchestration/pipeline.py and tfx/orchestration/kubeflow/v2/pipeline_builder.py).
_PIPELINE_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")


def pipeline_name(model: str) -> str:
    """Return the pipeline name that is nearest to a model's name.

    Raises:
        InvalidNameError: If there is none.
    """
    return check_pipeline_name(re.sub(r"[^a-z0-9]+", "-", model.lower())[:63].strip("-"))


def check_pipeline_name(name: str) -> str:
    """Return `name` if every orchestrator takes it for a pipeline's.

    Raises:
        InvalidNameError: If one does not.
    """
    if not _PIPELINE_NAME.match(name):
        msg = (
            f"pipeline name {name!r} cannot be used on every orchestrator: give one by --pipeline, of lower-case "
            "letters, digits and '-', a letter first, at most 63 characters"
        )
        raise InvalidNameError(msg)
    return name


def create_project(folder: Path, *, model: str, pipeline: str) -> int:
    """Make a project from the reference pipeline.

    It is made in a folder beside, which is renamed when it is complete.

    Args:
        folder: The project's folder; it must not be there yet, or be empty.
        model: The model's name in the registry and in TF Serving.
        pipeline: The pipeline's name in ML Metadata and for orchestrators.

    Returns:
        How many files it has.

    Raises:
        InvalidNameError: If a name cannot be used.
        ConfigError: If the folder is in use.
        NotFoundError: If this installation lacks the reference pipeline.
        StorageError: If the disk is full or may not be written.
    """
    check_model_name(model)
    check_pipeline_name(pipeline)
    with explain_os_errors(f"making {folder}"):
        target = folder.resolve()
        _check_unused(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".hallmark-init-{secrets.token_hex(8)}")
        draft.mkdir()
        try:
            count = _fill(draft, model=model, pipeline=pipeline)
            draft.rename(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return count


def _check_unused(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        kind = "is not empty" if folder.is_dir() else "is a file"
        msg = f"{folder} {kind}: give a folder that is not there yet, or move it away first"
        raise ConfigError(msg)
    if folder == Path.cwd():
        # The new folder takes its place, and the shell would be left in the old one.
        msg = f"{folder} is the working directory: go up one and run it as `hallmark init-pipeline {folder.name}`"
        raise ConfigError(msg)


def _fill(project: Path, *, model: str, pipeline: str) -> int:
    reference = reference_folder()
    copied = reference_files(reference)
    for path in copied:
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.parts[0] == "configs":
            text = (reference / path).read_text(encoding="utf-8")
            target.write_text(rename(text, model=model, pipeline=pipeline), encoding="utf-8")
        else:
            shutil.copyfile(reference / path, target)
    own = [path.relative_to(_SKELETON) for path in _SKELETON.rglob("*") if path.is_file()]
    own = [path for path in own if "__pycache__" not in path.parts]
    for path in own:
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (_SKELETON / path).read_text(encoding="utf-8")
        target.write_text(text.replace("{{model}}", model), encoding="utf-8")
    return len(copied) + len(own)
