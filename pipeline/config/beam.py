"""Which Apache Beam runner does the data work of every component, and the options it is given.

The options are Beam's own (apache_beam/options/pipeline_options.py); this module only writes them, so that
a mistake is found before anything runs and without importing Beam.
"""

import json
import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.beam_values import (
    Account,
    Endpoint,
    FlinkMaster,
    Folder,
    Project,
    Region,
    SparkMaster,
    Subnetwork,
    matches,
)
from pipeline.config.sections import Section, Text
from tfx_hallmark.evidence.evaluating import IN_MEMORY, WITHOUT_PRISM

# A worker process imports tfx first: with TFX 1.21, `import tfx` is what makes TensorFlow Data Validation
# importable (tfx/__init__.py puts a stand-in for a module of tfx_bsl in place).
_IMPORT_TFX = "--beam_plugins=tfx"

# Unless an option says that the workers have TFX, it packs itself for them before each component: three
# seconds, and 52 MB that stay in the temporary folder (tfx/utils/dependency_utils.py). Beam's own runner
# starts its workers from this installation and in no container.
_WORKERS_HAVE_TFX = "--sdk_container_image=none"

# Options that say the same as one that a section makes, or its opposite.
_SYNONYMS = {
    "environment_option": "environment_config",
    "environment_options": "environment_config",
    "machine_type": "worker_machine_type",
    "use_public_ips": "no_use_public_ips",
    "worker_harness_container_image": "sdk_container_image",
}

# Each one adds to those before it.
_REPEATABLE = ("--beam_plugin", "--beam_plugins")

# Beam's options are written to logs and, for Kubeflow, into the compiled pipeline.
_CREDENTIALS = ("s3_access_key_id", "s3_secret_access_key", "s3_session_token", "azure_connection_string")


def _name(option: str) -> str:
    name = option[2:].partition("=")[0]
    return _SYNONYMS.get(name, name)


def _no_credential(option: str) -> str:
    if _name(option) in _CREDENTIALS:
        kind = "credential"
        msg = "is a credential, which would be logged; Beam finds it in the environment variables of its cloud's tools"
        raise PydanticCustomError(kind, msg)
    return option


def _not_set_elsewhere(option: str, info: ValidationInfo) -> str:
    written = option.partition("=")[0]
    setting = _RUNNERS[info.data["runner"]].setting_behind(_name(option))
    if setting and written not in _REPEATABLE:
        msg = f"should be a further option (beam.{setting} sets {written})"
        raise ValueError(msg)
    return option


_Option = Annotated[
    str,
    matches(r"--[A-Za-z]\w*(=[^\r\n]*)?", "--option or --option=value"),
    AfterValidator(_no_credential),
    AfterValidator(_not_set_elsewhere),
]


class _Beam(Section):
    """What all runners have in common.

    Attributes:
        runner: Which one.
        extra: Further options of Beam, `--option` or `--option=value` each.
    """

    runner: str
    extra: list[_Option]

    _fixed: ClassVar[Sequence[str]]
    _made: ClassVar[dict[str, str]] = {}  # by setting: the option that has its value, if it is not null
    _made_in_code: ClassVar[dict[str, str]] = {}  # by option that `arguments` adds in other ways: its setting

    @classmethod
    def setting_behind(cls, option: str) -> str | None:
        """Return the setting that an option is made of, if one is; `option` has no dashes."""
        settings = {_name(fixed): "runner" for fixed in cls._fixed}
        settings |= {made: setting for setting, made in cls._made.items()} | cls._made_in_code
        return settings.get(option)

    def arguments(self) -> list[str]:
        """Return the options as Beam takes them on a command line."""
        values = {option: getattr(self, setting) for setting, option in self._made.items()}
        made = [f"--{option}={value}" for option, value in values.items() if value is not None]
        return [*self._fixed, *made, *self.extra]


class InMemory(_Beam):
    """Beam's own runner, in the component's process."""

    runner: Literal["in_memory"]

    _fixed: ClassVar[Sequence[str]] = (*IN_MEMORY, _WORKERS_HAVE_TFX)


class MultiProcessing(_Beam):
    """Beam's own runner, with worker processes on the component's machine.

    Attributes:
        workers: How many.
    """

    runner: Literal["multi_processing"]
    workers: Annotated[int, Field(ge=1, le=256)]

    _fixed: ClassVar[Sequence[str]] = (
        "--runner=DirectRunner",
        "--direct_running_mode=multi_processing",
        WITHOUT_PRISM,
        _WORKERS_HAVE_TFX,
        _IMPORT_TFX,
    )
    _made: ClassVar[dict[str, str]] = {"workers": "direct_num_workers"}


class _Cluster(_Beam):
    """A cluster that a Beam job server submits to.

    Attributes:
        job_endpoint: HOST:PORT of a job server that runs; null: Beam starts one, with Java, from a jar that
            it downloads.
        environment_type: Where the workers' Python comes from: an image (`DOCKER`), a command on the
            cluster's machines (`PROCESS`), a worker pool that runs (`EXTERNAL`), or the component's own
            process (`LOOPBACK`).
        environment_config: The image; JSON with a `command`; the pool's HOST:PORT; null for `LOOPBACK`.
    """

    job_endpoint: Endpoint | None
    environment_type: Literal["DOCKER", "PROCESS", "EXTERNAL", "LOOPBACK"]
    environment_config: Text | None

    _made: ClassVar[dict[str, str]] = {
        "job_endpoint": "job_endpoint",
        "environment_type": "environment_type",
        "environment_config": "environment_config",
    }
    _made_in_code: ClassVar[dict[str, str]] = {"sdk_container_image": "environment_config"}

    @field_validator("environment_config")
    @classmethod
    def _fits_the_type(cls, config: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("environment_type")
        if kind == "LOOPBACK" and config is not None:
            msg = "should be null for LOOPBACK"
        elif kind == "DOCKER" and config is None:
            msg = "should be the workers' image; Beam's own has no TFX in it"
        elif kind == "PROCESS" and not _has_command(config):
            msg = 'should be JSON with the worker\'s command, {"command": "/opt/apache/beam/boot"}'
        elif kind == "EXTERNAL" and not re.fullmatch(r"[^\s:/]+:\d{1,5}", config or ""):
            msg = "should be HOST:PORT of the worker pool"
        else:
            return config
        raise ValueError(msg)

    def arguments(self) -> list[str]:
        """Return the options as Beam takes them on a command line."""
        options = super().arguments()
        if self.environment_type == "DOCKER":
            # Beam takes the image from environment_config. This one tells TFX that the workers have it; else
            # they would have to install TFX from the package index (tfx/utils/dependency_utils.py).
            options.append(f"--sdk_container_image={self.environment_config}")
        return options


def _has_command(config: str | None) -> bool:
    try:
        process = json.loads(config or "")
    except ValueError:
        return False
    return isinstance(process, dict) and isinstance(process.get("command"), str)


class Flink(_Cluster):
    """Apache Flink.

    Attributes:
        master: HOST:PORT of the cluster; `[local]` for one in the job server, `[auto]` for the job server's.
        parallelism: How many parts of the data are worked on at once.
    """

    runner: Literal["flink"]
    master: FlinkMaster
    parallelism: Annotated[int, Field(ge=1, le=32768)]  # Flink has at most 2**15 key groups

    _fixed: ClassVar[Sequence[str]] = ("--runner=FlinkRunner", _IMPORT_TFX)
    _made: ClassVar[dict[str, str]] = {
        "master": "flink_master",
        "parallelism": "parallelism",
        **_Cluster._made,
    }


class Spark(_Cluster):
    """Apache Spark.

    Attributes:
        master: URL of the cluster; used by the job server that Beam starts, that is without job_endpoint.
    """

    runner: Literal["spark"]
    master: SparkMaster

    _fixed: ClassVar[Sequence[str]] = ("--runner=SparkRunner", _IMPORT_TFX)
    _made: ClassVar[dict[str, str]] = {"master": "spark_master_url", **_Cluster._made}


class Dataflow(_Beam):
    """Google Cloud Dataflow.

    Attributes:
        project: Id of the project that pays.
        region: Where the workers run.
        temp_location: Folder on Cloud Storage for temporary files.
        staging_location: Folder there for packages; null for the same.
        image: The workers' image.
        machine_type: The workers' machine type; null for the service's choice.
        max_workers: How many workers there may be; null for the service's choice.
        service_account: Whom the workers act as; null for the project's default account.
        subnetwork: `regions/REGION/subnetworks/SUBNETWORK`; null for the default network.
        public_ips: Whether workers get public addresses.
    """

    runner: Literal["dataflow"]
    project: Project
    region: Region
    temp_location: Folder
    staging_location: Folder | None
    image: Text
    machine_type: Text | None
    max_workers: Annotated[int, Field(ge=1, le=4000)] | None
    service_account: Account | None
    subnetwork: Subnetwork | None
    public_ips: bool

    _fixed: ClassVar[Sequence[str]] = ("--runner=DataflowRunner", _IMPORT_TFX)
    _made: ClassVar[dict[str, str]] = {
        "project": "project",
        "region": "region",
        "temp_location": "temp_location",
        "staging_location": "staging_location",
        "image": "sdk_container_image",
        "machine_type": "worker_machine_type",
        "max_workers": "max_num_workers",
        "service_account": "service_account_email",
        "subnetwork": "subnetwork",
    }
    _made_in_code: ClassVar[dict[str, str]] = {"no_use_public_ips": "public_ips"}

    def arguments(self) -> list[str]:
        """Return the options as Beam takes them on a command line."""
        return [*super().arguments(), "--use_public_ips" if self.public_ips else "--no_use_public_ips"]


_RUNNERS: dict[str, type[_Beam]] = {
    "in_memory": InMemory,
    "multi_processing": MultiProcessing,
    "flink": Flink,
    "spark": Spark,
    "dataflow": Dataflow,
}
BeamSection = Annotated[InMemory | MultiProcessing | Flink | Spark | Dataflow, Field(discriminator="runner")]
