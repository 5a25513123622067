"""What the user has told wandb by environment variables, and whether its server answers; without importing wandb."""

import contextlib
import netrc
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tfx_hallmark.registry.errors import MirrorError

_MODES = {"": "online", "shared": "online", "dryrun": "offline"}
_SECONDS = 5.0
_CLOUD = "https://api.wandb.ai"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """How wandb is to be used here.

    Attributes:
        mode: `online`, `offline` or `disabled`.
        folder: Where wandb makes its folder `wandb`.
        server: Address of the server.
        has_key: Whether there is a key for it.
    """

    mode: str
    folder: Path
    server: str
    has_key: bool

    def check(self) -> None:
        """Make sure that runs can be written to the folder, and if it is online that the server answers.

        Raises:
            MirrorError: If not.
        """
        if self.mode == "disabled":
            return
        self._check_folder()
        if self.mode == "online":
            self.check_key()
            self._ask()

    def _check_folder(self) -> None:
        # wandb itself would go to a temporary folder, where nobody looks for what is to be synced.
        there = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            msg = (
                f"W&B cannot write its runs into {self.folder}: set WANDB_DIR to a folder that may be written"
            )
            raise MirrorError(msg)

    def check_key(self) -> None:
        """Make sure that there is a key: wandb would ask for one at a terminal.

        Raises:
            MirrorError: If there is none.
        """
        if not self.has_key:
            msg = (
                f"there is no key for W&B at {self.server}: set WANDB_API_KEY or run 'wandb login', "
                "or set WANDB_MODE=offline and sync later"
            )
            raise MirrorError(msg)

    def _ask(self) -> None:
        try:
            with urllib.request.urlopen(self.server, timeout=_SECONDS):  # noqa: S310 a web address, as `read` saw to
                return
        except urllib.error.HTTPError:
            return  # whatever it says to this page, it is there
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or error
        msg = f"W&B at {self.server} cannot be reached ({why}): set WANDB_MODE=offline to sync later"
        raise MirrorError(msg)


def read(environment: Mapping[str, str] = os.environ) -> Surroundings:
    """Read what the environment says.

    Raises:
        MirrorError: If it says what cannot be.
    """
    given = environment.get("WANDB_MODE", "").strip().lower()
    mode = _MODES.get(given, given)
    if mode not in ("online", "offline", "disabled"):
        msg = f"WANDB_MODE={given} cannot be: take online, offline or disabled"
        raise MirrorError(msg)
    server = environment.get("WANDB_BASE_URL", "").rstrip("/") or _CLOUD
    if not server.startswith(("http://", "https://")) or not urlsplit(server).hostname:
        msg = f"WANDB_BASE_URL={server} is no address: write https://HOST"
        raise MirrorError(msg)
    given_key = environment.get("WANDB_API_KEY") or environment.get("WANDB_IDENTITY_TOKEN_FILE")
    return Surroundings(
        mode=mode,
        folder=Path(environment.get("WANDB_DIR") or ".").expanduser().absolute(),
        server=server,
        has_key=bool(given_key) or _in_netrc(urlsplit(server).hostname or "", environment),
    )


def _in_netrc(host: str, environment: Mapping[str, str]) -> bool:
    files = [Path(environment["NETRC"])] if environment.get("NETRC") else []
    with contextlib.suppress(RuntimeError):  # a user without a home
        files += [Path.home() / ".netrc", Path.home() / "_netrc"]
    for file in files:
        with contextlib.suppress(OSError, netrc.NetrcParseError):
            if netrc.netrc(str(file)).authenticators(host) is not None:
                return True
    return False
