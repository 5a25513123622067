"""What every mirror can do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from tfx_hallmark.registry.model import Model

Told = Callable[[str], object]


class Mirrored(msgspec.Struct, frozen=True, kw_only=True):
    """What a mirror shows of a model after it was brought in step.

    Attributes:
        links: Where each version that was asked for is to be seen: a page's address, or a folder.
        labels: The labels as the mirror has them now, each with its version.
    """

    links: Mapping[str, str]
    labels: Mapping[str, str]


class Mirror(Protocol):
    """A tool that shows versions of models; what it holds of them is made from the registry, never read back."""

    @property
    def address(self) -> str:
        """Where it is, as `hallmark mirror` takes it, without anything secret."""

    def check_reachable(self) -> None:
        """Make sure, quickly and without importing the tool's client, that it can be written to now.

        Raises:
            MirrorError: If it cannot, with the reason.
        """

    def bring(self, model: Model, versions: Sequence[str], *, told: Told) -> Mirrored:
        """Make what it holds of some versions, and of all labels of the model, what the registry says now.

        However often that is done, and wherever an earlier attempt was cut off, the result is the same.

        Args:
            model: The model.
            versions: The semantic versions to bring, in their order.
            told: Told each version when it is done.

        Raises:
            MirrorError: If it cannot be reached, or does not take something.
        """
