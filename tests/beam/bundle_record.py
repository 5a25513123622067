"""Notes which process works on the data of which component; Beam's workers import it (`--beam_plugins`).

Every bundle of data that a worker is given is a line in the file that HALLMARK_TEST_BUNDLES names.
"""

import os
import re
from pathlib import Path

from apache_beam.runners.worker.bundle_processor import BundleProcessor

FILE = "HALLMARK_TEST_BUNDLES"


def bundles(file: Path) -> set[tuple[str, int]]:
    """Gives the executor, as TFX labels its jobs, and the process id of every bundle."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {(executor, int(process)) for executor, process in map(str.split, lines)}


def _record_bundles(file: Path) -> None:
    # tfx/utils/telemetry_utils.py makes the label; a worker finds its options in the environment.
    (executor,) = set(re.findall(r"tfx_executor=([\w-]+)", os.environ["PIPELINE_OPTIONS"]))
    process_bundle = BundleProcessor.process_bundle

    def recorded(self, instruction_id):
        with file.open("a") as record:
            record.write(f"{executor} {os.getpid()}\n")
        return process_bundle(self, instruction_id)

    BundleProcessor.process_bundle = recorded


if FILE in os.environ and "PIPELINE_OPTIONS" in os.environ:
    _record_bundles(Path(os.environ[FILE]))
