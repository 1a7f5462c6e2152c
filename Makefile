# Deskstream: what you can do here. Plain `make` explains.
PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
STACK  ?= embedded
ARGS   ?=
WORKERS ?= 2
DEMO   := $(VENV)/.demo
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help

help: ## Explain every target
	@echo "Deskstream: a ticketing pipeline of six services on Kafka and MongoDB."
	@echo
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  A newcomer starts with: make demo        (needs only Python 3.11 or newer on Linux)"
	@echo "  ARGS goes on to the program:  make demo ARGS=\"--tickets 300 --once\""
	@echo "  STACK chooses broker and database of the tests: embedded, apache, docker, external"

setup: $(READY) ## Make the virtual environment from the locked requirements

# What the demo needs is a third of what development needs: a newcomer waits for that only.
$(DEMO): requirements/demo.txt deploy/build.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not here; install Python 3.11 or newer, or say PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the locked requirements into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt -r deploy/build.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(READY): $(DEMO) requirements/dev.txt
	@echo "Installing what development needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(DEMO) ## Run the whole pipeline on this machine, with customers and agents (Ctrl-C stops it)
	@$(BIN)/deskstream demo $(ARGS)

test: $(READY) ## Run all tests on the chosen STACK
	STACK=$(STACK) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: lint types arch contracts test ## Everything that CI runs

lint: $(READY) ## Format and lint, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## Check the types (mypy --strict)
	$(BIN)/mypy

arch: $(READY) ## Check who may import whom
	$(BIN)/lint-imports

contracts: $(READY) ## Check that schemas and generated documents are up to date
	$(BIN)/deskstream contracts check

format: $(READY) ## Format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

sim: $(READY) ## Run the protocol's simulation: make sim ARGS="--schedules 20000"
	$(BIN)/python -m tests.simulation $(ARGS)

bench: $(READY) ## Measure the pipeline against plain yardsticks: make bench ARGS=--quick
	$(BIN)/python -m tests.bench $(ARGS)

chaos: $(READY) ## Kill and cut under load, then reconcile with a ledger
	$(BIN)/python -m tests.chaos $(ARGS)

docs: $(READY) ## Generate schemas, the AsyncAPI document and the pages made from code
	$(BIN)/deskstream contracts export

lock: ## Renew the locked requirements (with hashes)
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file requirements/runtime.txt pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --extra embedded --extra dev --output-file requirements/dev.txt pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --constraint requirements/dev.txt --extra embedded --output-file requirements/demo.txt pyproject.toml
	echo setuptools | $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file deploy/build.txt -

up: ## Start the whole deployment with Docker Compose
	@test -f deploy/.env || $(PYTHON) deploy/prepare.py
	docker compose -f deploy/compose/compose.yaml up --build --detach
	@echo "Dashboard http://localhost:8086  door http://localhost:8081  mail http://localhost:8025  Grafana http://localhost:3000"

down: ## Stop it; the data stays (ARGS=--volumes drops it)
	docker compose -f deploy/compose/compose.yaml down $(ARGS)

logs: ## Follow a service's logs: make logs service=sla
	docker compose -f deploy/compose/compose.yaml logs --follow $(service)

clean: ## Remove the virtual environment and everything built
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

.PHONY: help setup demo test check lint types arch contracts format sim bench chaos docs lock up down logs clean
