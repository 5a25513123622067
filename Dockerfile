# The image in which every component of the pipeline runs, on Kubeflow Pipelines and on Vertex.
# Build it from the root of the repository: docker build -t REGISTRY/penguin:TAG .

FROM python:3.11-slim-bookworm AS builder

# pyfarmhash has no wheel; nothing else needs a compiler, so none is in the final image. Its version is free,
# for Debian keeps no old ones.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH

# Before the code, so that a change of code does not install everything anew. No dependency is resolved, for
# TFX's own metadata has no solution here; and what pyfarmhash is built with is pinned like all the rest.
COPY requirements-image.lock ./
RUN awk '/^(pip|setuptools|wheel)==/,/# via/' requirements-image.lock > tools.lock \
    && python -m pip install --no-cache-dir --no-deps --require-hashes -r tools.lock
RUN python -m pip install --no-cache-dir --no-compile --no-deps --no-build-isolation --require-hashes \
    -r requirements-image.lock
# Halves the start of every task. It fails for single files that are templates and no Python.
RUN python -m compileall -q -j 0 /opt/venv/lib || true

# The package holds the pipeline and its settings as well, for `hallmark init-pipeline`.
COPY setup.py pyproject.toml MANIFEST.in README.md requirements.lock ./
COPY components components
COPY pipeline pipeline
COPY configs configs
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .


FROM python:3.11-slim-bookworm

# A number, for Kubernetes' runAsNonRoot takes no names; group 0, as OpenShift runs any user in it. Kubeflow's
# launcher works as this user, and copies artifacts to /gcs, /s3 and /minio.
RUN useradd --uid 10001 --gid 0 --home-dir /home/hallmark --create-home hallmark \
    && install --directory --owner=10001 --group=0 --mode=0775 /gcs /s3 /minio /srv/models /opt/hallmark \
    && chmod 0775 /home/hallmark

COPY --from=builder /opt/venv /opt/venv
WORKDIR /opt/hallmark
COPY pipeline pipeline
COPY configs configs

ENV PATH=/opt/venv/bin:$PATH \
    HOME=/home/hallmark \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2

USER 10001

# Kubeflow and Vertex bring a command of their own; by hand, the image says what it holds.
CMD ["hallmark", "--help"]
