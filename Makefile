# Everything runs from .venv; `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
	--generate-hashes --no-annotate --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench lock

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/ready  ## Make .venv and install the locked packages into it

run: setup  ## Open the app (fetches the model's weights at first use)
	$(BIN)/fieldwise app

# Browsers, models and the app are tested one at a time, the rest side by side.
test: setup  ## Run every test, those that need model weights too
	$(BIN)/pytest -m "not alone" --numprocesses auto --maxprocesses 4 --dist worksteal
	$(BIN)/pytest -m alone

check: setup  ## What CI runs: format, lint, types, import directions, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PYTEST_ADDOPTS=--hypothesis-profile=deep $(MAKE) --no-print-directory test

format: setup  ## Rewrite the code in the project's format, with safe lint fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup  ## Print the measured comparisons (installs the other engines; takes long)
	$(BIN)/python -m benchmarks
	if [ -n "$$FIELDWISE_EVALDATA" ]; then for part in coverage overhead recall records freedom markup bad_pages quality; do \
		$(BIN)/python -m benchmarks.$$part || exit 1; done; fi

lock: setup  ## Write requirements*.txt anew: the newest versions that fit together
	mkdir -p build
	$(BIN)/$(LOCK) --upgrade --all-extras -o build/all.txt
	$(BIN)/$(LOCK) --upgrade -c build/all.txt -o requirements.txt
	$(BIN)/$(LOCK) --upgrade -c build/all.txt --extra dev -o requirements-dev.txt
	$(BIN)/$(LOCK) --upgrade -c build/all.txt --extra export -o requirements-export.txt

# .venv/ready is the stamp of the last install; it is redone when the lock or the project changes.
.venv/ready: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(BIN)/python:
	$(PYTHON) -m venv .venv
