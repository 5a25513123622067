"""On the path of the MLflow server alone: lets it start beside the SQLAlchemy 1.4 of Airflow 2.

MLflow says that it takes SQLAlchemy 1.4, and names in annotations what has moved to the top of the package in 2.
"""

from typing import Any

import sqlalchemy
import sqlalchemy.orm


def _moved(name: str) -> Any:
    for part in (sqlalchemy.sql, sqlalchemy.engine, sqlalchemy.orm):
        if hasattr(part, name):
            return getattr(part, name)
    raise AttributeError(name)


sqlalchemy.__getattr__ = _moved  # type: ignore[attr-defined]
