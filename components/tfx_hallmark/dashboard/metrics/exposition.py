"""The text that a scrape is answered with."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from tfx_hallmark.dashboard.metrics.collector import LOOK_BACK_SECONDS, RegistryCollector
from tfx_hallmark.dashboard.source import Source

_OPENMETRICS = "application/openmetrics-text"
_PLAIN = "text/plain; version=0.0.4; charset=utf-8"


class Exposition:
    """The metrics of a registry as text.

    Args:
        source: The registry.
        look_back: For how many seconds a scrape may read back in logs.
    """

    def __init__(self, source: Source, *, look_back: float = LOOK_BACK_SECONDS) -> None:
        # Of our own: the library's global one would tell of this process, too.
        self._registry = CollectorRegistry()
        self._registry.register(RegistryCollector(source, look_back=look_back))

    def answer(self, accept: str = "") -> tuple[bytes, str]:
        """Return the text and its media type.

        Args:
            accept: The request's Accept header: OpenMetrics where that is named, else Prometheus' own format.
        """
        # Not the library's own choice, which fails over a version that is none and repeats it in the answer.
        if any(one.partition(";")[0].strip().lower() == _OPENMETRICS for one in accept.split(",")):
            text: bytes = openmetrics.generate_latest(self._registry)  # type: ignore[no-untyped-call]
            return text, f"{_OPENMETRICS}; version=1.0.0; charset=utf-8"
        return generate_latest(self._registry), _PLAIN
