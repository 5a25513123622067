"""The tfx-hallmark distribution: what it needs and what it installs."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "components/tfx_hallmark/__init__.py").read_text())

# A serving host rolls back with the base install, so nothing heavier than this belongs in it.
BASE = [
    "blake3>=1.0",
    "click>=8.1",
    "lark>=1.2",
    "msgspec>=0.19",
    "protobuf>=3.20.3",
    "pyyaml>=6",
    "rich>=13",
    "semver>=3",
]

# One TFX per interpreter. The second line of each pair, and dill, pip, wheel, setuptools and tensorboard
# (KerasTuner imports it, and TensorFlow 2.21 no longer brings it) are what TFX needs and its own metadata does not say.
TFX = [
    "tfx==1.16.0; python_version < '3.11'",
    "apache-beam[gcp]==2.61.0; python_version < '3.11'",
    "tfx==1.21.0; python_version >= '3.11'",
    "apache-beam[gcp]==2.73.0; python_version >= '3.11'",
    "dill",
    "pip",
    "pydantic>=2",
    "setuptools<81",
    "tensorboard>=2.20; python_version >= '3.11'",
    "wheel",
]

# TFX's runner for Airflow knows Airflow 2 only; Airflow 3 lives in an environment of its own.
AIRFLOW = [
    "apache-airflow==2.10.3; python_version < '3.11'",
    "apache-airflow==2.11.2; python_version >= '3.11'",
]


class BuildWithTemplate(build_py):
    """Puts the reference pipeline into the package, where `hallmark init-pipeline` finds it."""

    def run(self) -> None:
        """Build as usual, then copy; an editable installation uses the checkout's own folders."""
        super().run()
        if self.editable_mode:
            return
        template = Path(self.build_lib, "tfx_hallmark", "scaffold", "template")
        shutil.rmtree(template, ignore_errors=True)
        for tree in ("pipeline", "configs"):
            shutil.copytree(ROOT / tree, template / tree, ignore=shutil.ignore_patterns("__pycache__"))


setup(
    name="tfx-hallmark",
    version=VERSION[1],
    description="Version identity, a TFMA gate and atomic publishing for TFX models",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    package_dir={"": "components"},
    packages=find_packages("components"),
    package_data={
        "tfx_hallmark": ["py.typed"],
        "tfx_hallmark.dashboard": ["templates/**", "static/**"],
        "tfx_hallmark.scaffold": ["skeleton/**", "skeleton/.*", "skeleton/.github/**"],
    },
    cmdclass={"build_py": BuildWithTemplate},
    install_requires=BASE,
    extras_require={
        "airflow": AIRFLOW,
        "kfp": ["kfp>=2.5,<2.17"],
        "lineage": ["ml-metadata>=1.16,<1.18", "networkx>=3", "openlineage-python>=1.20"],
        "mlflow": ["mlflow-skinny>=3"],
        "notebooks": ["ipykernel", "matplotlib>=3.8", "nbclient>=0.10"],
        "notifications": ["apprise>=1.9"],
        "object-stores": ["obstore>=0.11"],
        "plots": ["matplotlib>=3.8"],
        # It needs pyopenssl and does not say so.
        "signing": ["model-signing>=1.1", "pyopenssl"],
        "tensorboard": [
            "tensorboard>=2.16; python_version < '3.11'",
            "tensorboard>=2.20; python_version >= '3.11'",
        ],
        "tfx": TFX,
        "ui": [
            "fastapi>=0.115",
            "jinja2>=3.1",
            "prometheus-client>=0.22",
            "python-multipart>=0.0.18",
            "uvicorn>=0.30",
        ],
        "wandb": ["wandb>=0.25"],
    },
    entry_points={
        "console_scripts": [
            "hallmark = tfx_hallmark.cli.main:main",
            "hallmark-kfp-lint = tfx_hallmark.kfp_lint.main:main",
        ]
    },
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
