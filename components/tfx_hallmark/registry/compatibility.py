"""What a candidate would break for the clients of another version. Pure rules.

A client of TF Serving relies on what a signature says: its name, its method, what it takes, what it gives. A server
refuses a request for a signature, a method or an output that is not there, and one of another type
(tensorflow_serving/servables/tensorflow/predict_util.cc), and one with an input that the signature does not have, or
without one that has no default (GetInputValues in tensorflow/cc/saved_model/util.cc).
"""

import math
from collections.abc import Iterator, Mapping

from tfx_hallmark.registry.golden import GoldenPredictions, GoldenTensor, differences
from tfx_hallmark.registry.savedmodel import Signature, TensorSpec
from tfx_hallmark.registry.verdict import Evaluation, Reason

BREAKING = "breaking change: "  # what a reason begins with


def breaks(now: Mapping[str, Signature], before: Mapping[str, Signature]) -> Iterator[str]:
    """Yield a line for everything in one version's signatures that a client of another could stumble over.

    Args:
        now: The signatures that clients would meet, by name.
        before: Those that they are used to.
    """
    for name, old in before.items():
        new = now.get(name)
        if new is None:
            yield f"signature {name} is gone"
            continue
        if new.method_name != old.method_name:
            yield f"signature {name} changed its method from {old.method_name} to {new.method_name}"
        yield from _broken_inputs(name, new, old)
        for output, spec in old.outputs.items():
            if output not in new.outputs:
                yield f"signature {name} lost output {output}"
            elif not _fits(new.outputs[output], spec):
                yield f"signature {name} changed output {output} from {spec} to {new.outputs[output]}"


def objections(signature_breaks: tuple[str, ...], evaluation: Evaluation) -> Iterator[Reason]:
    """Yield what speaks against a candidate because clients of what is stable would break.

    Args:
        signature_breaks: What `breaks` says of its signatures and those of what is stable.
        evaluation: What the pipeline found out; may say that breaks are allowed.
    """
    if not evaluation.allow_breaking:
        yield from (Reason("breaking_change", f"{BREAKING}{line}") for line in signature_breaks)
        yield from (Reason("requests_fail", line) for line in _failed_requests(evaluation))


def allowed_breaks(signature_breaks: tuple[str, ...], evaluation: Evaluation) -> tuple[str, ...]:
    """Return all that breaks, in the words of `objections`, for a candidate that is let through all the same."""
    return (*signature_breaks, *_failed_requests(evaluation))


def answer_failures(golden: GoldenPredictions, answers: Mapping[str, GoldenTensor]) -> tuple[str, ...]:
    """Tell what is wrong with a model's answers to another's golden requests, whatever the numbers are.

    Args:
        golden: The requests, and what the other model answered.
        answers: The answers, one tensor by output.

    Returns:
        A line for each output that is missing, has another type or shape, or has an element that is no finite
        number where the other model gave one.
    """
    found = []
    for difference in differences(golden.outputs, answers, tolerance=math.inf):
        name = f"output {difference.output}"
        if difference.problem:
            found.append(f"{name} {difference.problem}")
        elif lost := _lost_numbers(golden.outputs[difference.output], answers[difference.output]):
            found.append(
                f"{name} has no finite number in {lost} of {difference.elements} places that had one"
            )
    return tuple(found)


def _failed_requests(evaluation: Evaluation) -> Iterator[str]:
    replay = evaluation.replay
    if replay is not None and replay.failures:
        answering = "the baseline" if evaluation.baseline is None else evaluation.baseline.version
        more = f" (and {len(replay.failures) - 1} more)" if len(replay.failures) > 1 else ""
        yield f"{replay.requests} requests that {answering} answers fail: {replay.failures[0]}{more}"


def _broken_inputs(name: str, new: Signature, old: Signature) -> Iterator[str]:
    for key, spec in old.inputs.items():
        if key not in new.inputs:
            yield f"signature {name} lost input {key}"
        elif not _fits(spec, new.inputs[key]):
            yield f"signature {name} changed input {key} from {spec} to {new.inputs[key]}"
        elif key in old.optional_inputs and key not in new.optional_inputs:
            yield f"signature {name} requires input {key}, which was optional"
    for key in new.inputs:
        if key not in old.inputs and key not in new.optional_inputs:
            yield f"signature {name} requires a new input {key}"


def _fits(given: TensorSpec, wanted: TensorSpec) -> bool:
    """Tell whether every tensor of the kind `given` is one of the kind `wanted`."""
    if (given.dtype, given.encoding) != (wanted.dtype, wanted.encoding):
        return False
    if wanted.shape is None:
        return True
    if given.shape is None or len(given.shape) != len(wanted.shape):
        return False
    return all(want in (None, size) for size, want in zip(given.shape, wanted.shape, strict=True))


def _lost_numbers(kept: GoldenTensor, found: GoldenTensor) -> int:
    try:
        pairs = list(zip(kept.numbers, found.numbers, strict=True))
    except ValueError:
        return 0  # of a type without such numbers
    return sum(math.isfinite(before) and not math.isfinite(now) for before, now in pairs)
