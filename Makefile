# Loa. `make run` and `make test` do all their own set-up; nothing else needs to be installed by hand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Of the tests. Three to a core: those that start whole processes mostly wait. All of them read what the first one
# compiled, wherever the environment says that nothing be kept.
RUNNERS ?= 6

.DEFAULT_GOAL := help
.PHONY: help setup run test lint lock bench clean

help: ## list what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.run-ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Loa needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 run") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-test.lock
	@touch $@

setup: $(VENV)/.run-ready ## make the virtual environment from the hashed lock

run: setup ## start the whole network on http://127.0.0.1:8088/
	@$(BIN)/loa run

test: $(VENV)/.test-ready ## run every test, on SQLite and PostgreSQL
	$(BIN)/ruff check --quiet .
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(RUNNERS) --dist worksteal

lint: $(VENV)/.test-ready ## check style only
	$(BIN)/ruff check .

lock: ## refresh the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra test pyproject.toml -c requirements.lock -o requirements-test.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra bench pyproject.toml -c requirements.lock -o requirements-bench.lock

bench: setup ## time the push engine against the sandbox (under a minute)
	@$(BIN)/loa bench push --quick

clean: ## remove the virtual environment and the local data
	rm -rf $(VENV) var
