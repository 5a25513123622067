"""How sure an improvement must be: the one number of the gate that an EvalConfig has no field for.

`Options.compute_confidence_intervals` switches intervals on, and TFMA then reckons them at 95 %
(tensorflow_model_analysis/utils/math_util.py). Another level is kept as a name among
`Options.disabled_outputs`: TFMA looks there for names that it knows (writers/eval_config_writer.py,
api/model_eval_lib.py), and the rest travels with the EvalConfig through every runner and into its results.
"""

from typing import Any

from tfx_hallmark.registry.errors import ConfigError

USUAL = 0.95
_NAME = "hallmark_confidence="


def ask_for(config: Any, confidence: float) -> None:
    """Switch confidence intervals on in an EvalConfig, and note at which level they decide.

    Args:
        config: A `tfma.EvalConfig`.
        confidence: The level, between 0 and 1.
    """
    config.options.compute_confidence_intervals.value = True
    config.options.disabled_outputs.values.append(f"{_NAME}{confidence!r}")


def asked_for(config: Any) -> float | None:
    """Return the level at which an EvalConfig lets intervals decide; None if it does not switch them on.

    Raises:
        ConfigError: If the level is no number between 0 and 1.
    """
    if not config.options.compute_confidence_intervals.value:
        return None
    noted = [name for name in config.options.disabled_outputs.values if name.startswith(_NAME)]
    return check_level(noted[-1].removeprefix(_NAME)) if noted else USUAL


def check_level(value: float | str) -> float:
    """Return a level of confidence as a number.

    Raises:
        ConfigError: If it is no number between 0 and 1.
    """
    try:
        level = float(value)
    except ValueError:
        level = 0.0
    # Written so that NaN is refused too.
    if not 0 < level < 1:
        msg = f"confidence is {value}: give a number between 0 and 1, such as 0.95"
        raise ConfigError(msg)
    return level
