"""What software and hardware this process runs on."""

import os
import platform
import re
from importlib import metadata
from pathlib import Path

from tfx_hallmark.registry.manifest import Environment
from tfx_hallmark.registry.objects import ObjectStore, object_digest

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


# Instruction sets that TensorFlow's kernels, Eigen and oneDNN choose their code by, so the order of sums and the
# rounding of products (tensorflow/core/platform/cpu_info.h; oneDNN, "CPU dispatcher control").
_KERNEL_FLAGS = {
    "sse4_1", "sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512cd", "avx512dq",
    "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8", "amx_tile",
    "asimd", "asimddp", "asimdhp", "bf16", "i8mm", "sve", "sve2",
}  # fmt: skip
_DRIVER_VERSION = re.compile(r"Kernel Module\D*? (\d+(?:\.\d+)+)")


def describe_environment(
    objects: ObjectStore, *, trained_here: bool, container_image: str | None = None
) -> Environment:
    """Describe where this runs as `present_environment` does, and store the full package list.

    Args:
        objects: Where the list of packages is stored.
        trained_here: Whether this process trained the model, so that its settings of TensorFlow are the training's.
        container_image: Image that this runs in, if it is known.
    """
    objects.put(installed_packages())
    return present_environment(trained_here=trained_here, container_image=container_image)


def installed_packages() -> dict[str, str]:
    """Return the version of every package installed, by its name as package indexes spell it."""
    found: dict[str, str] = {}
    for dist in metadata.distributions():
        # setuptools, once imported, puts those on the path that it brings for itself.
        if "_vendor" not in Path(str(dist.locate_file(""))).parts:
            # The first one on the path is the one that is imported.
            found.setdefault(_normal(dist.metadata["Name"]), dist.version)
    return found


def present_environment(*, trained_here: bool, container_image: str | None = None) -> Environment:
    """Describe the interpreter, the machine, its processors and the packages.

    No environment variable is read: they hold secrets.

    Args:
        trained_here: Whether this process computes with the model, so that its settings of TensorFlow bear on it.
        container_image: Image that this runs in, if it is known.
    """
    packages = installed_packages()
    cpu, flags = processor()
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        accelerators=_accelerators(),
        packages={name: packages[name] for name in _BEARING if name in packages},
        all_packages=object_digest(packages),
        cpu=cpu,
        cpu_flags=flags,
        driver=_driver(),
        numerics=_numerics(trained_here),
        container_image=container_image,
    )


def processor() -> tuple[str | None, tuple[str, ...]]:
    """Return the processor's name and those of its instruction sets that bear on results, as Linux tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None, ()
    told = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())
    }
    flags = set(told.get("flags", told.get("Features", "")).split())  # x86, ARM
    return told.get("model name"), tuple(sorted(flags & _KERNEL_FLAGS))


def _driver() -> str | None:
    """Return the version of NVIDIA's driver, without waking a GPU."""
    try:
        found = _DRIVER_VERSION.search(Path("/proc/driver/nvidia/version").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else None


def _numerics(trained_here: bool) -> dict[str, bool]:
    import tensorflow as tf

    # TensorFlow tells these two in no public way.
    from tensorflow.python.framework.config import is_op_determinism_enabled
    from tensorflow.python.util import _pywrap_util_port

    told = {"onednn": bool(_pywrap_util_port.IsMklEnabled())}
    if trained_here:
        told["op_determinism"] = bool(is_op_determinism_enabled())
        told["tensor_float_32"] = bool(tf.config.experimental.tensor_float_32_execution_enabled())
    return told


def _normal(name: str) -> str:
    """Spell a distribution's name as package indexes do (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _accelerators() -> tuple[str, ...]:
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(device) for device in devices]
    return tuple(str(detail.get("device_name", "GPU")) for detail in details)
