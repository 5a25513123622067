"""Golden predictions: a few examples, and what a candidate answers to them on the day it is tagged."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import exists
from tfx_hallmark.evidence.predictions import Servable
from tfx_hallmark.registry.errors import PredictionError
from tfx_hallmark.registry.golden import TOLERANCE, GoldenPredictions, GoldenTensor, differences
from tfx_hallmark.registry.savedmodel import inspect_saved_model
from tfx_hallmark.registry.savedmodel.signature import Signature
from tfx_hallmark.tagger.examples_sample import Sample, sample_examples
from tfx_hallmark.tagger.golden_requests import UnfitSignatureError, parses_protos, requests_for
from tfx_hallmark.tagger.warmup import warmup_file

_FIRST = "serving_default"
_LARGEST = 8 * 1024 * 1024  # bytes of requests and answers that a registry keeps of one version


def golden_predictions(
    model: Path, name: str, examples: Sequence[Artifact], count: int
) -> GoldenPredictions | str:
    """Ask a candidate, as a model server would, about a sample of its examples.

    The first signature that answers is taken, `serving_default` before others.

    Args:
        model: The candidate.
        name: The model's name.
        examples: The artifacts that the sample is taken from.
        count: How many examples, at most; 0 for none.

    Returns:
        What it answered; or, in a sentence, why there is nothing to keep.

    Raises:
        DataError: If the examples cannot be read.
        StorageError: If a file has to be copied to be read, and cannot be.
    """
    present = [artifact for artifact in examples if exists(artifact.uri)]
    if count == 0:
        return "golden_examples is 0"
    if not present:
        return "the examples are gone" if examples else "VersionTagger was given no examples"
    sample = sample_examples(present, count)
    if not sample.records:
        return f"the split {sample.split} has no examples" if sample.split else "the examples have no split"
    try:
        found = _first_answer(model, name, sample)
    except PredictionError as error:
        found = str(error)
    # Where the pipeline keeps its files says nothing to who reads it elsewhere.
    return found.replace(str(model), "the model") if isinstance(found, str) else found


def _first_answer(model: Path, name: str, sample: Sample) -> GoldenPredictions | str:
    servable = Servable(model)
    parses = parses_protos(model)
    refusals = []
    for which, signature in _in_order(inspect_saved_model(model).signatures):
        try:
            inputs = requests_for(signature, sample.records, parses=parses)
            inputs, outputs = _ask(servable, which, inputs)
        except (UnfitSignatureError, PredictionError) as error:
            refusals.append(f"{which}: {error}")
            continue
        return GoldenPredictions(
            signature=which,
            split=sample.split,
            inputs=inputs,
            outputs=outputs,
            warmup=warmup_file(name, which, inputs),
        )
    return f"no signature answers examples of the split {sample.split}: {'; '.join(refusals)}"


def _in_order(signatures: Mapping[str, Signature]) -> Iterator[tuple[str, Signature]]:
    return iter(sorted(signatures.items(), key=lambda item: (item[0] != _FIRST, item[0])))


def _ask(
    servable: Servable, which: str, inputs: Mapping[str, GoldenTensor]
) -> tuple[Mapping[str, GoldenTensor], Mapping[str, GoldenTensor]]:
    """Return requests and answers, of fewer examples where they are large."""
    while True:
        outputs = servable.ask(which, inputs)
        if _size(inputs) + _size(outputs) <= _LARGEST:
            break
        count = next(iter(inputs.values())).shape[0]
        if count == 1:
            msg = f"a request and its answer take more than {_LARGEST >> 20} MiB"
            raise PredictionError(msg)
        inputs = {name: tensor.first(count // 2) for name, tensor in inputs.items()}
    again = differences(outputs, servable.ask(which, inputs), tolerance=TOLERANCE)
    wavering = [found.output for found in again if not found.within]
    if wavering:
        msg = f"asked twice, it answers otherwise in {', '.join(wavering)}"
        raise PredictionError(msg)
    return inputs, outputs


def _size(tensors: Mapping[str, GoldenTensor]) -> int:
    return sum(len(tensor.data) + sum(map(len, tensor.strings)) for tensor in tensors.values())
