"""What hallmark's own components need."""

from collections.abc import Iterator

from tfx_hallmark.kfp_lint.finding import Breach
from tfx_hallmark.kfp_lint.spec import Spec, Task
from tfx_hallmark.registry.store_url import is_url

_TAGGER = "tfx_hallmark.tagger.executor.Executor"
_BASELINE = "tfx_hallmark.baseline.executor.Executor"
_PUSHER = "tfx_hallmark.pusher.executor.Executor"
_MONITOR = "tfx_hallmark.monitor.executor.Executor"
_COMPONENTS = {
    _TAGGER: "VersionTagger",
    _BASELINE: "StableBaseline",
    _PUSHER: "RegistryPusher",
    _MONITOR: "ServingMonitor",
}
# Those that are told where the registry is; the others find it on what they are handed.
_TOLD = ("VersionTagger", "ServingMonitor")


def cached_registry(spec: Spec) -> Iterator[Breach]:
    """What serves may change between two runs with the same inputs."""
    for task, component in _registry_tasks(spec):
        if task.caches and component != "VersionTagger":
            yield Breach(
                (*task.place, "cachingOptions"),
                f"is on for {component}, whose result also depends on what the registry holds",
                "turn it off for this task: tfx_hallmark.orchestration.kubeflow does",
            )


def registry_volume(spec: Spec) -> Iterator[Breach]:
    """Each task is a pod of its own; what it writes to its own disk ends with it."""
    if _in_object_store(spec):
        return
    for task, component in _registry_tasks(spec):
        mounts = [str(mount.get("mountPath", "")) for mount in spec.volumes_of(task.executor_label)]
        root = _registry_root(task)
        if not mounts:
            yield Breach(
                task.executor_place,
                f"runs {component} without a volume, so the registry would be lost with the pod",
                "compile with registry_claim, or mount a PersistentVolumeClaim at the registry's root with "
                "kfp.kubernetes.mount_pvc",
            )
        elif root is not None and not any(_holds(mount, root) for mount in mounts):
            yield Breach(
                task.executor_place,
                f"runs {component} for the registry {root}, but has its volume at {', '.join(mounts)}",
                f"mount it at {root}",
            )


def vertex_registry(spec: Spec) -> Iterator[Breach]:
    """Vertex has no claims to mount, and its /gcs is Cloud Storage without links and atomic renames."""
    for task, component in _registry_tasks(spec):
        root = _registry_root(task)
        if component in _TOLD and not _in_object_store(spec):
            yield Breach(
                task.place,
                f"the registry {root or ''} must be one POSIX file system that every container sees, "
                "and nothing in a spec for Vertex mounts one".replace("  ", " "),
                "give a root like gs://bucket/prefix, or see that the image or the network provides it (not /gcs)",
            )


def _registry_tasks(spec: Spec) -> Iterator[tuple[Task, str]]:
    for task, executor in spec.tfx_tasks():
        if executor in _COMPONENTS:
            yield task, _COMPONENTS[executor]


def _in_object_store(spec: Spec) -> bool:
    roots = [_registry_root(task) for task, component in _registry_tasks(spec) if component in _TOLD]
    return bool(roots) and all(root is not None and is_url(root) for root in roots)


def _registry_root(task: Task) -> str | None:
    return next((str(value) for name, _, value in task.constants() if name == "registry_root"), None)


def _holds(mount: str, path: str) -> bool:
    return f"{path}/".startswith(f"{mount.rstrip('/')}/")
