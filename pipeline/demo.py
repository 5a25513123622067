"""The main job in four runs: publish a first model, refuse a bad one, publish a better one, push it again.

What is printed between the headings comes from the pipeline's runner and from the command `hallmark`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import load_config
from pipeline.local_runner import run
from tfx_hallmark.registry.errors import ConfigError, HallmarkError
from tfx_hallmark.registry.registry import Registry

_CONFIG = Path("configs/local.yaml")
_MARK = ".hallmark-demo"  # says that a folder is the demo's own, and may be deleted

_BETTER = ("trainer.steps=300", "trainer.hidden_units=[32]")
_RUNS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "A first model. Nothing serves yet, so only the value thresholds count (bootstrap).",
        (),
        ("live", "penguin"),
    ),
    (
        "A learning rate that is far too small. Refused, and the reasons are kept.",
        ("trainer.learning_rate=1e-5",),
        ("why", "penguin@latest"),
    ),
    (
        "More steps and a wider layer. It beats what serves, so it becomes the next release.",
        _BETTER,
        ("why", "penguin@stable"),
    ),
    (
        "The same once more. The content is known, so there is nothing to publish.",
        _BETTER,
        ("log", "penguin", "--limit", "3"),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m pipeline.demo", description=__doc__)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("output/demo"),
        help="folder to work in; an earlier demo there is deleted",
    )
    parser.add_argument(
        "--deliveries",
        type=Path,
        help="file of mirrors, webhooks and notifications that get every event (docs/deliveries.md)",
    )
    given = parser.parse_args(arguments)
    try:
        _make_room(given.out)
        if given.deliveries is not None:
            _deliver_to(given.deliveries, given.out / "registry")
        _demonstrate(given.out)
    except HallmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError:
        return 1  # the command has said what is wrong
    return 0


def _make_room(out: Path) -> None:
    if out.exists():
        if not (out / _MARK).exists():
            msg = f"{out} is there already and was not made by the demo: give another folder by --out"
            raise ConfigError(msg)
        _delete(out)
    out.mkdir(parents=True)
    (out / _MARK).touch()


def _delete(folder: Path) -> None:
    # Releases are read-only, directories too.
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o755)
    shutil.rmtree(folder)


def _deliver_to(file: Path, registry: Path) -> None:
    Registry.create(registry)
    _hallmark(registry, "config", "--deliveries", str(file), "--reason", "show it elsewhere too")


def _demonstrate(out: Path) -> None:
    started = time.monotonic()
    registry = out / "registry"
    for number, (heading, settings, question) in enumerate(_RUNS, start=1):
        print(f"\n=== {number}. {heading}\n")
        overrides = [
            f"pipeline.root={out / 'pipeline'}",
            f"metadata.file={out / 'metadata.sqlite'}",
            "pipeline.enable_cache=true",
            f"registry.root={registry}",
            *settings,
        ]
        changed = "".join(f" --set '{setting}'" for setting in settings)
        print(f"$ python -m pipeline.local_runner --config {_CONFIG}{changed}", flush=True)
        run(load_config(_CONFIG, overrides))
        _hallmark(registry, *question)
    print("\n=== What there is now")
    _hallmark(registry, "list", "penguin")
    _hallmark(registry, "live", "penguin")
    print(f"\nTF Serving would poll {registry / 'penguin'}; it holds {_contents(registry / 'penguin')}.")
    print(f"Look around with: export HALLMARK_ROOT={registry} HALLMARK_METADATA={out / 'metadata.sqlite'}")
    print(".venv/bin/hallmark lineage penguin@stable; .venv/bin/hallmark ui; .venv/bin/hallmark --help")
    print(f"The demo took {time.monotonic() - started:.0f} s.")


def _contents(folder: Path) -> str:
    return ", ".join(sorted(path.name for path in folder.iterdir()))


def _hallmark(registry: Path, *arguments: str) -> None:
    print(f"\n$ hallmark {' '.join(arguments)}", flush=True)
    environment = {**os.environ, "HALLMARK_ROOT": str(registry)}
    # `live` and `list` answer; only an answer that could not be given is an error.
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tfx_hallmark.cli.main", *arguments], check=True, env=environment
    )


if __name__ == "__main__":
    sys.exit(main())
