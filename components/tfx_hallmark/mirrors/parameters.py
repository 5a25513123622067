"""What a version was trained with, as flat values: what a table of runs has columns for."""

from tfx_hallmark.registry.manifest import Provenance
from tfx_hallmark.registry.version_facts import Value, flattened


def parameters(made_from: Provenance) -> dict[str, Value]:
    """Return hyperparameters by their names, and with a word before theirs the arguments, the seed and the data."""
    found: dict[str, Value] = {}
    data = made_from.data
    if data is not None:
        found |= {"data.span": data.span} if data.span is not None else {}
        found |= {f"data.records.{split}": count for split, count in data.records.items()}
    found |= flattened(made_from.train_args, "train_args.")
    found |= flattened(made_from.eval_args, "eval_args.")
    found |= {"seed": made_from.seed} if made_from.seed is not None else {}
    return found | dict(flattened(made_from.hyperparameters))
