"""What software and hardware this process runs on."""

import os
import platform
import re
from importlib import metadata

from tfx_hallmark.registry.manifest import Environment
from tfx_hallmark.registry.objects import ObjectStore

# What bears on a model's numbers; the whole list is stored beside it.
_BEARING = (
    "apache-beam",
    "keras",
    "ml-metadata",
    "numpy",
    "tensorflow",
    "tensorflow-model-analysis",
    "tensorflow-transform",
    "tfx",
    "tfx-hallmark",
)


def describe_environment(objects: ObjectStore) -> Environment:
    """Describe the interpreter, the machine and the packages; store the full package list.

    No environment variable is read: they hold secrets.
    """
    packages = {_normal(dist.metadata["Name"]): dist.version for dist in metadata.distributions()}
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        accelerators=_accelerators(),
        packages={name: packages[name] for name in _BEARING if name in packages},
        all_packages=objects.put(packages),
    )


def _normal(name: str) -> str:
    """Spell a distribution's name as package indexes do (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _accelerators() -> tuple[str, ...]:
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(device) for device in devices]
    return tuple(str(detail.get("device_name", "GPU")) for detail in details)
