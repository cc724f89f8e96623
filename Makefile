# Two commands matter: `make run` and `make test`. Both make the environment they need.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help

.PHONY: help run test lint unit bench notebooks clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(READY) ## Run the first experiment
	$(BIN)/msgfate run experiments/01_lossy_network.toml

test: lint unit ## Check style, types and import direction, then run all tests

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

bench: $(READY) ## Measure speed and memory against a naive SimPy model
	$(BIN)/python tests/benchmarks/speed.py

notebooks: $(READY) ## Execute the notebooks in place
	$(BIN)/python notebooks/execute.py

clean: ## Remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
