"""What TF Serving does with a base path or a `models.config`, by its rules and without its size.

After sources/storage_path/file_system_storage_path_source.cc and model_servers/server_core.cc: every name in the
base path that `absl::SimpleAtoi` takes for an int64 is a version; labels are set before anything is loaded, and one
that points to what is not loaded makes the server refuse the whole file; what is loaded answers until something else
takes its place, whatever becomes of its files.
"""

import re
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tests.saved_models import read_checkpoint_index
from tfx_hallmark.registry.tree import digest_tree

_VERSION = re.compile(r"\s*[+-]?[0-9]+\s*")


class Refused(Exception):
    """A `models.config` that the server does not take."""


def numbers_in(base: Path) -> dict[int, Path]:
    """Gives every version that TF Serving finds in a base path."""
    if not base.is_dir():
        return {}
    found: dict[int, Path] = {}
    for path in base.iterdir():
        if _VERSION.fullmatch(path.name):
            assert int(path.name) not in found, f"{path} is a second version of this number"
            found[int(path.name)] = path
    return found


def load(path: Path) -> str:
    """Loads a version, as far as that can be without TensorFlow, and gives the digest of what it read."""
    assert (path / "saved_model.pb").stat().st_size > 0, f"{path} cannot be loaded"
    index = read_checkpoint_index(path)
    assert all((path / shard).is_file() for shard in index.shard_files()), f"{path} cannot be loaded"
    return digest_tree(path).digest


class LatestServer:
    """A server that was given a base path, with TF Serving's default policy.

    Args:
        base: The base path.

    Attributes:
        loaded: What is loaded: by number, the digest of what was read.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self.loaded: dict[int, str] = {}

    @property
    def served(self) -> int | None:
        """What answers a request."""
        return max(self.loaded, default=None)

    def poll(self) -> None:
        """Looks at the base path: the highest number is loaded first, then what was loaded goes."""
        found = numbers_in(self._base)
        if not found:
            self.loaded = {}
            return
        highest = max(found)
        if highest not in self.loaded:
            self.loaded[highest] = load(found[highest])
        self.loaded = {highest: self.loaded[highest]}


class LabelsServer:
    """A server that was given a `models.config`, which it reads again; its `allow_…` flag has effect at its start.

    Args:
        file: The file.
        model: The one of its models that is looked at.

    Attributes:
        loaded: What is loaded: by number, the digest of what was read.
        labels: What each label leads to.
    """

    def __init__(self, file: Path, model: str) -> None:
        self._file = file
        self._model = model
        self._started = False
        self.loaded: dict[int, str] = {}
        self.labels: dict[str, int] = {}

    def poll(self) -> None:
        """Reads the file, sets labels, then loads and unloads.

        Raises:
            Refused: If the file cannot be taken; everything stays as it was.
        """
        if not self._file.exists():
            return
        config = model_server_config_pb2.ModelServerConfig()
        text_format.Parse(self._file.read_text(encoding="utf-8"), config)
        mine = [one for one in config.model_config_list.config if one.name == self._model]
        wanted: set[int] = set()
        labels: dict[str, int] = {}
        base = self._file.parent
        for one in mine:
            base = Path(one.base_path)
            wanted = set(one.model_version_policy.specific.versions)
            labels = dict(one.version_labels)
        for label, number in labels.items():
            if self._started and number not in self.loaded:
                msg = f"Request to assign label {label} to version {number}, which is not currently available"
                raise Refused(msg)
        self._started = True
        self.labels = labels
        found = numbers_in(base) if wanted else {}
        for number in wanted - self.loaded.keys():
            assert number in found, f"version {number} is listed and not there"
            self.loaded[number] = load(found[number])
        self.loaded = {number: digest for number, digest in self.loaded.items() if number in wanted}
