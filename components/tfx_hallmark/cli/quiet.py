"""Keeps what TensorFlow, Beam and TFMA log on their way off the screen."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator

_STANDARD_ERROR = 2  # its file descriptor


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let libraries log nothing: what goes wrong is raised."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings(), _standard_error_of_ours_alone():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(before)


@contextlib.contextmanager
def _standard_error_of_ours_alone() -> Iterator[None]:
    """Keep the process's standard error for `sys.stderr`.

    TensorFlow 2.21 writes there from C++ before it looks at any setting, and so do worker processes of Beam.
    """
    try:
        is_real = sys.stderr.fileno() == _STANDARD_ERROR
    except (AttributeError, OSError, ValueError):  # replaced, or closed
        is_real = False
    if not is_real:
        yield
        return
    before = sys.stderr
    before.flush()
    with os.fdopen(os.dup(_STANDARD_ERROR), "w", buffering=1, errors="backslashreplace") as ours:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STANDARD_ERROR)
        os.close(nowhere)
        sys.stderr = ours
        try:
            yield
        finally:
            sys.stderr = before
            os.dup2(ours.fileno(), _STANDARD_ERROR)
