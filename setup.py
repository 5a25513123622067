"""The tfx-hallmark distribution: what it needs and what it installs."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "components/tfx_hallmark/__init__.py").read_text())

# A serving host rolls back with the base install, so nothing heavier than this belongs in it.
BASE = [
    "blake3>=1.0",
    "click>=8.1",
    "msgspec>=0.19",
    "protobuf>=3.20.3",
    "pyyaml>=6",
    "rich>=13",
    "semver>=3",
]

# One TFX per interpreter. The second line of each pair, and dill, pip, wheel and setuptools,
# are what TFX needs and its own metadata does not say.
TFX = [
    "tfx==1.16.0; python_version < '3.11'",
    "apache-beam[gcp]==2.61.0; python_version < '3.11'",
    "tfx==1.21.0; python_version >= '3.11'",
    "apache-beam[gcp]==2.73.0; python_version >= '3.11'",
    "dill",
    "pip",
    "pydantic>=2",
    "setuptools<81",
    "wheel",
]

setup(
    name="tfx-hallmark",
    version=VERSION[1],
    description="Version identity, a TFMA gate and atomic publishing for TFX models",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    package_dir={"": "components"},
    packages=find_packages("components"),
    package_data={"tfx_hallmark": ["py.typed"]},
    install_requires=BASE,
    extras_require={"tfx": TFX, "lineage": ["ml-metadata>=1.16,<1.18"]},
    entry_points={"console_scripts": ["hallmark = tfx_hallmark.cli.main:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
