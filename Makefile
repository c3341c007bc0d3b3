# `make repro` and `make test` are all one needs; both make the environment first. `make` lists the rest.
# Everything runs in .venv, made from requirements.lock, and is found there by PATH: `exec python` in dvc.yaml.

PYTHON ?= python3
UV_VERSION := 0.13.9
WORKERS ?= 2
MLFLOW_PORT ?= 5000
PREFECT_PORT ?= 4200

comma := ,
space := $(subst ,, )
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DO_NOT_TRACK := 1
export DVC_NO_ANALYTICS := true
ifdef PIP_FIND_LINKS # pip separates by spaces, uv by commas
export UV_FIND_LINKS ?= $(subst $(space),$(comma),$(PIP_FIND_LINKS))
endif

.DEFAULT_GOAL := help
.PHONY: help repro test ui lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

repro: .venv/.complete ## bring data, models and report up to date, and show the results
	@python -m dvc repro
	@python -m stages.report summary

test: .venv/.complete ## format, lint, types, import contracts and the whole test suite
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	pytest -n $(WORKERS) --dist loadfile

ui: .venv/.complete ## MLflow's and Prefect's pages on this machine, until Ctrl-C (MLFLOW_PORT=, PREFECT_PORT=)
	@python -m flows.ui --mlflow-port $(MLFLOW_PORT) --prefect-port $(PREFECT_PORT)

lock: .venv/.complete ## resolve requirements.lock anew from pyproject.toml
	@{ echo "# Made by 'make lock' from pyproject.toml: every package of a run, with its version."; \
	   echo "# What torch needs of CUDA is left to torch, so that the same lock serves machines without a GPU."; \
	   uv pip compile pyproject.toml --extra dev --universal --no-annotate --no-header --quiet > .lock.part \
	   && grep -vE '^(nvidia-|cuda-|triton)' .lock.part \
	   | sed -E 's/^torch==([0-9.]+).*/torch==\1/' | uniq; } > .lock.new
	@rm .lock.part && mv .lock.new requirements.lock

clean: ## remove the environment and the caches of tools; never data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .lock.part .lock.new
	find flows stages tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.complete: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	@echo "Making .venv from requirements.lock"
	@$(PYTHON) -m venv .venv
	@python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || echo "No uv; pip takes its place"
	@if python -m uv --version > /dev/null 2>&1; then \
	  python -m uv pip install --quiet -r requirements.lock && \
	  python -m uv pip install --quiet --no-deps --no-build-isolation -e .; \
	else \
	  python -m pip install --quiet -r requirements.lock && \
	  python -m pip install --quiet --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
