"""The second training: Transform if it is asked for, then the Trainer, each by TFX's own executor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.reproduction import recipe as names
from tfx_hallmark.reproduction.job import Job, JobInput
from tfx_hallmark.reproduction.looking import as_input
from tfx_hallmark.reproduction.preparing import Prepared, untold
from tfx_hallmark.reproduction.process import run
from tfx_hallmark.reproduction.recipe import DEFAULT_RUN_FN, as_json


class Retrained(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a second training.

    Attributes:
        model: The SavedModel that it exported.
        seconds: Wall time of the Trainer's process.
        logs: What the processes printed.
    """

    model: Path
    seconds: float
    logs: tuple[Path, ...]


def retrain(prepared: Prepared, scratch: Path, *, begins: Callable[[str], None] = untold) -> Retrained:
    """Train a version a second time.

    Args:
        prepared: What to train from.
        scratch: An empty folder for all that is written.
        begins: Told what begins now.

    Raises:
        ReproductionError: If a process fails.
    """
    module = _restored(prepared, scratch)
    numerics = _numerics(prepared)
    inputs = {name: as_input(found) for name, found in prepared.inputs.items()}
    logs = []
    if prepared.transform:
        begins("running Transform")
        logs.append(scratch / "transform.log")
        inputs |= _transformed(prepared, inputs, module, scratch, logs[-1], numerics)
    inputs.pop(names.RAW_EXAMPLES, None)
    begins("training")
    logs.append(scratch / "training.log")
    job = Job(
        inputs=inputs,
        parameters=_trainer_parameters(prepared, module),
        module=module,
        search=_search(prepared, module),
        output=str(scratch / "trainer"),
        tensor_float_32=numerics.get("tensor_float_32"),
    )
    seconds = run(
        job,
        "training",
        logs[-1],
        what=f"training {prepared.version} again",
        onednn=numerics.get("onednn"),
    )
    return Retrained(
        model=scratch / "trainer" / "model" / "Format-Serving", seconds=seconds, logs=tuple(logs)
    )


def _restored(prepared: Prepared, scratch: Path) -> str | None:
    """Write the module's source where nothing else lies; None if what is installed is to be run."""
    if prepared.module.source is None:
        return None
    code = prepared.version.manifest.provenance.code
    name = Path(code.module).name if code is not None and code.module is not None else ""
    file = scratch / "module" / (name if name.endswith(".py") else "module.py")
    file.parent.mkdir()
    for neighbour, source in prepared.module.files.items():
        (file.parent / neighbour).write_bytes(source.encode(errors="surrogateescape"))
    file.write_bytes(prepared.module.source.encode(errors="surrogateescape"))
    return str(file)


def _search(prepared: Prepared, module: str | None) -> tuple[str, ...]:
    """Return where the module's own imports are looked for: among what was restored, then in TFX's wheel."""
    restored = () if module is None else (str(Path(module).parent),)
    return (*restored, *(() if prepared.module.wheel is None else (prepared.module.wheel,)))


def _numerics(prepared: Prepared) -> dict[str, bool]:
    environment = prepared.version.manifest.provenance.environment
    return {} if environment is None else dict(environment.numerics)


def _trainer_parameters(prepared: Prepared, module: str | None) -> dict[str, Any]:
    recipe = prepared.recipe
    # A module file's function is looked up by its bare name (tfx/components/util/udf_utils.py: get_fn).
    function = recipe.run_fn if module is None else recipe.run_fn.rpartition(".")[2]
    return {
        "train_args": as_json(recipe.train_args or {}),
        "eval_args": as_json(recipe.eval_args),
        "custom_config": as_json(recipe.custom_config),
        **({} if function == DEFAULT_RUN_FN else {"run_fn": function}),
    }


def _transformed(
    prepared: Prepared,
    inputs: dict[str, JobInput],
    module: str | None,
    scratch: Path,
    log: Path,
    numerics: dict[str, bool],
) -> dict[str, JobInput]:
    """Run Transform; return what it wrote as inputs of the Trainer."""
    settings = {"force_tf_compat_v1": 0, "custom_config": "null", **prepared.recipe.transform_settings}
    raw = inputs[names.RAW_EXAMPLES]
    output = scratch / "transform"
    job = Job(
        inputs={names.EXAMPLES: raw, names.SCHEMA: inputs[names.SCHEMA]},
        parameters=settings,
        module=None if "preprocessing_fn" in settings else module,
        search=_search(prepared, module),
        output=str(output),
        tensor_float_32=numerics.get("tensor_float_32"),
    )
    run(
        job,
        "transforming",
        log,
        what=f"running Transform for {prepared.version}",
        onednn=numerics.get("onednn"),
    )
    examples = output / "transformed_examples"
    splits = tuple(sorted(path.name.removeprefix("Split-") for path in examples.glob("Split-*")))
    return {
        names.EXAMPLES: JobInput(uris=(str(examples),), splits=splits),
        names.TRANSFORM_GRAPH: JobInput(uris=(str(output / "transform_graph"),)),
    }
