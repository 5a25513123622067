"""Which registry a command works on: `--root`, else HALLMARK_ROOT, else `hallmark.yaml` here."""

from pathlib import Path

from tfx_hallmark.cli.progress import Transfers
from tfx_hallmark.cli.settings_file import SETTINGS, read_settings
from tfx_hallmark.registry.errors import ConfigError, NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import Root, absolute_root, is_url, parse_root

_NAMED = 5  # how many models an error lists


class NoRootError(ConfigError):
    """Nothing says which registry to work on."""


def open_registry(root: Root | None) -> Registry:
    """Open the registry at `root`, which `--root` or HALLMARK_ROOT gave, else the one in `hallmark.yaml`.

    Raises:
        NoRootError: If nothing names a root.
        ConfigError: If `hallmark.yaml` cannot be used.
        NotFoundError: If what it names is no registry root.
        StorageError: If an object store cannot be asked.
    """
    return Registry.open(absolute_root(_configured_root() if root is None else root), progress=Transfers())


def root_to_fill(root: Root | None) -> Registry:
    """Return the registry at `root`, which need not be there yet; otherwise as `open_registry`.

    Raises:
        NoRootError: If nothing names a root.
        ConfigError: If `hallmark.yaml` cannot be used.
    """
    return Registry(absolute_root(_configured_root() if root is None else root))


def open_model(registry: Registry, name: str) -> Model:
    """Open a model that has a history.

    Raises:
        InvalidNameError: If the name cannot be a model's.
        NotFoundError: If the registry has no such model.
    """
    return _with_history(registry, registry.model(name))


def open_to_operate(registry: Registry, name: str, *, dry_run: bool) -> Model:
    """Open a model that has a history; for a dry run as it lies, for that finishes nothing either.

    Raises:
        InvalidNameError: If the name cannot be a model's.
        NotFoundError: If the registry has no such model.
    """
    return _with_history(registry, registry.look_at(name) if dry_run else registry.model(name))


def _with_history(registry: Registry, model: Model) -> Model:
    if model.state.seq == 0:
        raise no_such_model(registry, model.name)
    return model


def no_such_model(registry: Registry, name: str) -> NotFoundError:
    """Return the error that says that a registry does not have a model, and which ones it has."""
    names = registry.models()
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    known = f"its models are {', '.join(names[:_NAMED])}{more}" if names else "it has no models yet"
    return NotFoundError(f"{registry.root} has no model {name!r}: {known}")


def _configured_root() -> Root:
    settings = read_settings(instead="--root DIR")
    if settings is None:
        msg = f"no registry root is given: use --root DIR, set HALLMARK_ROOT, or write 'root: DIR' into {SETTINGS} here"
        raise NoRootError(msg)
    root = settings.get("root")
    if not isinstance(root, str) or not root:
        msg = f"{SETTINGS.absolute()} names no registry root: write 'root: DIR' into it, or use --root DIR"
        raise NoRootError(msg) if root is None else ConfigError(msg)
    if is_url(root):
        return parse_root(root)
    # The file may be shared; what it says holds wherever it lies.
    return SETTINGS.parent / Path(root).expanduser()
