"""The registry: a root directory and the models under it."""

from pathlib import Path

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import event_key
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.storage import LocalStorage, explain_os_errors, make_directory

_RECORDS = ".hallmark"


class Registry:
    """A registry root on the local file system.

    Example:
        >>> registry = Registry.open("/srv/models")
        >>> registry.model("penguin").version("stable").manifest.digest

    Args:
        root: The root directory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, root: str | Path) -> "Registry":
        """Open a registry that is there.

        Raises:
            NotFoundError: If the directory is no registry root.
        """
        path = Path(root)
        if not (path / _RECORDS).is_dir():
            msg = f"{path} holds no registry: give its root by --root, HALLMARK_ROOT or hallmark.yaml"
            raise NotFoundError(msg)
        return cls(path)

    @classmethod
    def create(cls, root: str | Path) -> "Registry":
        """Open a registry, and make its root first if it is not there.

        Raises:
            StorageError: If it cannot be made.
        """
        path = Path(root)
        with explain_os_errors(f"making the registry root {path}"):
            make_directory(path / _RECORDS)
        return cls(path)

    def models(self) -> list[str]:
        """Return the names of the models that have a log, sorted."""
        records = LocalStorage(self.root / _RECORDS)
        first_key = event_key(1)
        return [name for name in records.keys("") if records.exists(f"{name}/{first_key}")]

    def model(self, name: str) -> Model:
        """Open one model; it comes to be with its first version.

        Raises:
            InvalidNameError: If the name cannot be a model's.
            CorruptLogError: If its log is damaged.
            NewerSchemaError: If a newer hallmark wrote to it.
        """
        records, directories = self.places(name)
        return Model(Ledger(records, name), directories)

    def places(self, name: str) -> tuple[LocalStorage, ReleaseDirectories]:
        """Return where a model's records and its releases lie; nothing is read, and nothing finished.

        Raises:
            InvalidNameError: If the name cannot be a model's.
        """
        check_model_name(name)
        records = self.root / _RECORDS / name
        return LocalStorage(records), ReleaseDirectories(self.root / name, records / "staging")

    def recorded(self) -> list[str]:
        """Return the names of the models of which any event is there, even if not the first, sorted."""
        records = LocalStorage(self.root / _RECORDS)
        return [name for name in records.keys("") if records.keys(f"{name}/log")]
