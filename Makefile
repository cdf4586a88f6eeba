# `make run` and `make test` do all of their own set-up: they need Python 3.10 or newer, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# nothing outside this folder is touched: not the caches of pip, of the Hub, or of datasets
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export HF_HOME := $(CURDIR)/.cache/huggingface
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DELETE_ON_ERROR:
.PHONY: run test bench lock help

help:            ## what can be made
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

run: $(VENV)/ready      ## build every task from the embedded samples into out/
	$(BIN)/python build make --samples --out out/samples

test: $(VENV)/ready     ## lint, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q

bench: $(VENV)/bench-ready     ## measure against other ways to do the job
	$(BIN)/python build/bench

lock:            ## pin the newest versions that pyproject.toml admits (needs uv)
	uv pip compile pyproject.toml --extra cluster --group test --universal --python-version 3.10 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock --upgrade
	uv pip compile pyproject.toml --group bench -c requirements.lock --universal --python-version 3.10 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o build/bench/requirements.lock --upgrade

$(VENV)/ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; make PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

$(VENV)/bench-ready: $(VENV)/ready build/bench/requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r build/bench/requirements.lock
	@touch $@
