# `make` alone lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV ?= uv
FAST := $(BIN)/python -m pytest -n 4 --dist loadgroup -m "not slow" --ignore tests/system

.DEFAULT_GOAL := help
# What is installed here is compiled when it is first imported. Where that may not be kept, each process compiles all of
# Airflow anew, and the tests take twice as long.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo demo-long up down at-scale audit coverage dist docs fuzz mutants screenshots test lint types pytest fast-tests system-tests test-slow test-matrix test-ui constraints clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(INSTALLED)  ## Edit a clip twice on a real Airflow with an emulated service, and show what came out
	@$(BIN)/python -m demo run

demo-long: $(INSTALLED)  ## Edit a film of a minute in pieces, join them, and measure that nothing is missing
	@$(BIN)/python -m demo long

up: $(INSTALLED)  ## Start the demo's Airflow, emulator and mail sink, and leave them running
	@$(BIN)/python -m demo up

down:  ## End what `make up` has started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m demo down; else echo "Nothing is installed yet."; fi

at-scale: $(INSTALLED)  ## Run 400 edits on Postgres, Redis, two Celery workers and two triggerers, and kill some
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group at-scale
	@$(BIN)/python -m at_scale

docs: $(INSTALLED)  ## Build the documentation as a site into .build/docs; a warning fails it
	@$(BIN)/sphinx-build -b html --fail-on-warning --keep-going --nitpicky --quiet -d .build/doctrees docs .build/docs
	@echo "Open .build/docs/index.html"

screenshots: $(INSTALLED)  ## Take the documentation's pictures anew, of edits on a real Airflow (needs Chromium)
	@$(BIN)/python -m demo.pictures

dist: $(INSTALLED)  ## Build the package into dist, check it, and edit a clip with it in an empty environment
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dist
	@$(BIN)/python -m packaging_check

FUZZ_RUNS ?= 1000000

fuzz: $(INSTALLED)  ## Give each reader of foreign input FUZZ_RUNS inputs; hours at a million. FUZZ="answers pages" chooses
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group fuzz
	@$(BIN)/python -m fuzz --runs $(FUZZ_RUNS) $(FUZZ)

audit: $(INSTALLED)  ## Ask PyPI for known holes in what is pinned, and list what the linter's rules on security pass over
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group audit
	@$(BIN)/python -m audit

coverage: $(INSTALLED)  ## Tell which lines and branches the fast tests don't reach
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group coverage
	$(FAST) --cov --cov-report term

mutants: $(INSTALLED)  ## Change what decides in small ways, and tell which changes no test notices
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group mutants
	$(BIN)/mutmut run
	@$(BIN)/mutmut results

test: lint types pytest  ## Run all checks: lint, types, tests

lint: $(INSTALLED)  ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)  ## Check types
	$(BIN)/mypy

# One after the other: beside busy tests Airflow's SQLite may stay locked for longer than its parts wait for it.
pytest: $(INSTALLED)  ## Run the tests
	@echo "Running the tests, which takes about 25 minutes: the fast ones, then a real Airflow whose parts are killed ..."
	@$(MAKE) --no-print-directory fast-tests
	@$(MAKE) --no-print-directory system-tests

fast-tests: $(INSTALLED)
	$(FAST)

system-tests: $(INSTALLED)
	$(BIN)/python -m pytest -m "not slow" tests/system

test-slow: $(INSTALLED)  ## Run the tests that are left out above: a gibibyte, ten minutes of 1080p, films, outages, benchmarks
	$(BIN)/python -m pytest -m slow

test-matrix: $(INSTALLED)  ## Run the fast tests with each Airflow and Python, e.g. MATRIX='--quick --airflow 3.1.0'
	@$(BIN)/python -m matrix $(MATRIX)

test-ui: $(INSTALLED)  ## Run the tests of the pages in a browser (needs Chromium)
	@$(BIN)/python -m tests.ui.browser.chromium
	$(BIN)/python -m pytest -m browser tests/ui

# One environment for everything, with every version pinned. pip reads dependency groups from version 25.1 on. Python
# compiles what is imported when it is first imported; to compile all that is installed takes a minute longer.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Python 3.11, 3.12 or 3.13 is needed, and \`$(PYTHON)\` is not one. Try \`make PYTHON=python3.12\`."; exit 1; }
	@echo "Installing into $(VENV), which takes a minute or two ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --build-constraint constraints.txt \
	  --editable '.[emulator,examples]' --group demo --group test
	@touch $@

constraints:  ## Pin anew everything that the commands above install (needs uv)
	printf 'pip\nhatchling\neditables\n' | $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --no-annotate --custom-compile-command 'make constraints' --output-file constraints.txt \
	  --extra emulator --extra examples --group at-scale --group audit --group bench --group coverage --group demo --group dist --group docs --group fuzz --group mutants --group test pyproject.toml -

clean: down  ## Remove the environment, the demo's folder and caches
	rm -rf $(VENV) .build .coverage* .demo dist mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
