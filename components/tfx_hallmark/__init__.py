"""Version identity, a TFMA gate and atomic publishing for TFX models.

What users import from here is loaded when it is first asked for: the components bring TFX and
TensorFlow with them, the registry and the command line need neither.
"""

# typing's own constant would make typing most of this module's import time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from tfx_hallmark.artifacts import ModelVersion as ModelVersion
    from tfx_hallmark.artifacts import MonitoringFindings as MonitoringFindings
    from tfx_hallmark.baseline.component import StableBaseline as StableBaseline
    from tfx_hallmark.evaluator.component import BaselineEvaluator as BaselineEvaluator
    from tfx_hallmark.evaluator.eval_config import beats_baseline as beats_baseline
    from tfx_hallmark.monitor.component import ServingMonitor as ServingMonitor
    from tfx_hallmark.pusher.component import RegistryPusher as RegistryPusher
    from tfx_hallmark.registry.errors import HallmarkError as HallmarkError
    from tfx_hallmark.registry.registry import Registry as Registry
    from tfx_hallmark.tagger.component import VersionTagger as VersionTagger

__version__ = "0.1.0"

_HOMES = {
    "BaselineEvaluator": "tfx_hallmark.evaluator.component",
    "HallmarkError": "tfx_hallmark.registry.errors",
    "ModelVersion": "tfx_hallmark.artifacts",
    "MonitoringFindings": "tfx_hallmark.artifacts",
    "Registry": "tfx_hallmark.registry.registry",
    "RegistryPusher": "tfx_hallmark.pusher.component",
    "ServingMonitor": "tfx_hallmark.monitor.component",
    "StableBaseline": "tfx_hallmark.baseline.component",
    "VersionTagger": "tfx_hallmark.tagger.component",
    "beats_baseline": "tfx_hallmark.evaluator.eval_config",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
