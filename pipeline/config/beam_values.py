"""The values that Apache Beam's options take, each with what it should look like."""

import re
from typing import Annotated

from pydantic import AfterValidator


def matches(pattern: str, expected: str) -> AfterValidator:
    """Return what refuses any text that is not as a pattern says, and tells what was expected."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            msg = f"should be {expected}"
            raise ValueError(msg)
        return text

    return AfterValidator(check)


# Patterns of what Google Cloud takes: apache_beam/options/pipeline_options_validator.py.
Endpoint = Annotated[str, matches(r"[^\s:/]+:\d{1,5}", "HOST:PORT")]
Folder = Annotated[
    str,
    matches(r"gs://[a-z0-9][-_a-z0-9.]+[a-z0-9]/[^\r\n]+", "a folder on Cloud Storage, gs://BUCKET/FOLDER"),
]
Project = Annotated[
    str, matches(r"[a-z][-a-z0-9:.]+[a-z0-9]", "a project's id, in small letters, not its number")
]
Region = Annotated[str, matches(r"[a-z]+(-[a-z]+)+\d+", "a region such as europe-west1")]
Account = Annotated[str, matches(r"[^@\s]+@[^@\s]+\.[^@\s]+", "a service account's e-mail address")]
Subnetwork = Annotated[
    str,
    matches(r"(https://\S+/)?regions/[^/\s]+/subnetworks/[^/\s]+", "regions/REGION/subnetworks/SUBNETWORK"),
]
FlinkMaster = Annotated[
    str, matches(r"\[(local|auto)\]|(https?://)?[^\s:/\[\]]+:\d{1,5}", "HOST:PORT, or [local] or [auto]")
]
SparkMaster = Annotated[
    str,
    matches(r"local(\[[^\]]+\])?|(spark|k8s)://\S+|yarn", "spark://HOST:PORT, k8s://…, yarn or local[N]"),
]
