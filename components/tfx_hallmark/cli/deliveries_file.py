"""The file of `hallmark config --deliveries`: mirrors, webhooks and notifications, in YAML."""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.destinations import Destinations
from tfx_hallmark.registry.errors import ConfigError


def read_destinations(path: Path) -> Destinations:
    """Return what a file says, after checking it.

    Args:
        path: The file: `mirrors`, `webhooks` and `notifications`, each a list of mappings with the fields of
            `registry.destinations`.

    Raises:
        ConfigError: If it cannot be read, or says something that cannot be used.
        MirrorError: If the address of a mirror names none.
    """
    import yaml

    from tfx_hallmark.mirrors.opening import open_mirror

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        destinations = msgspec.convert(found or {}, Destinations).check()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read ({error}): check its path, its permissions and that it is UTF-8 text"
        raise ConfigError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{path} is no YAML: {' '.join(str(error).split())}"
        raise ConfigError(msg) from error
    except msgspec.ValidationError as error:
        msg = f"{path} cannot be used: {error}; see docs/deliveries.md"
        raise ConfigError(msg) from error
    for mirror in destinations.mirrors:
        open_mirror(mirror.to)
    return destinations
