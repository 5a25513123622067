"""Which registry a command works on: `--root`, else HALLMARK_ROOT, else `hallmark.yaml` here."""

from pathlib import Path

from tfx_hallmark.registry.errors import ConfigError, NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

SETTINGS = "hallmark.yaml"
_NAMED = 5  # how many models an error lists


class NoRootError(ConfigError):
    """Nothing says which registry to work on."""


def open_registry(root: Path | None) -> Registry:
    """Open the registry at `root`, which `--root` or HALLMARK_ROOT gave, else the one in `hallmark.yaml`.

    Raises:
        NoRootError: If nothing names a root.
        ConfigError: If `hallmark.yaml` cannot be used.
        NotFoundError: If the directory is no registry root.
    """
    return Registry.open((_configured_root() if root is None else root).absolute())


def open_model(registry: Registry, name: str) -> Model:
    """Open a model that has a history.

    Raises:
        InvalidNameError: If the name cannot be a model's.
        NotFoundError: If the registry has no such model.
    """
    model = registry.model(name)
    if model.state.seq == 0:
        names = registry.models()
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        known = f"its models are {', '.join(names[:_NAMED])}{more}" if names else "it has no models yet"
        msg = f"{registry.root} has no model {name!r}: {known}"
        raise NotFoundError(msg)
    return model


def _configured_root() -> Path:
    path = Path(SETTINGS)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = f"no registry root is given: use --root DIR, set HALLMARK_ROOT, or write 'root: DIR' into {SETTINGS} here"
        raise NoRootError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path.absolute()} cannot be read ({error}): check its permissions and that it is UTF-8 text"
        raise ConfigError(msg) from error
    root = _root_in(text, path)
    # The file may be shared; what it says holds wherever it lies.
    return path.parent / Path(root).expanduser()


def _root_in(text: str, path: Path) -> str:
    # Only here: reading YAML is dear at the start of a command, and most are given their root otherwise.
    import yaml

    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        msg = f"{path.absolute()} is no YAML ({reason}): correct it, or use --root DIR"
        raise ConfigError(msg) from error
    root = settings.get("root") if isinstance(settings, dict) else None
    if not isinstance(root, str) or not root:
        msg = f"{path.absolute()} names no registry root: write 'root: DIR' into it, or use --root DIR"
        raise NoRootError(msg) if root is None else ConfigError(msg)
    return root
