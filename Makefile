# `make run` and `make test` do all of their own set-up: they need Python 3.10 or newer, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# nothing outside this folder is touched: not the caches of pip, of the Hub, or of datasets
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export HF_HOME := $(CURDIR)/.cache/huggingface
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# pip compiles nothing here: else each of the many processes of the tests would compile all that it imports
unexport PYTHONDONTWRITEBYTECODE

# those who read what we publish; the oldest of them know no Python newer than this one
COMPAT := datasets-2 datasets-3 datasets-4 frames train llama-factory torchtune ms-swift unsloth pyarrow-24
COMPAT_PYTHON ?= python3.11
INSTALL = $(BIN)/python -m pip install --quiet --no-compile --require-hashes --only-binary :all:
RUNTIME_SIZE := 47 packages, about 105 MB to download and 410 MB on disk
TEST_SIZE := about 40 MB to download and 150 MB on disk
# the first and the newest Python that the project promises, where this machine has them: by name, or pyenv's
OTHER_VERSIONS ?= 3.10 3.13
ifneq ($(filter pythons compat,$(MAKECMDGOALS)),)
python = $(firstword $(foreach found,python$(1) $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python),\
	$(if $(shell $(found) -c 1 2>/dev/null && echo yes),$(found))))
OTHER_PYTHONS := $(foreach version,$(OTHER_VERSIONS),$(if $(call python,$(version)),python-$(version)))
endif

.DELETE_ON_ERROR:
.PHONY: run test compat axolotl pythons bench lock help

help:            ## what can be made
	@awk -F ':.*## *' '/^[a-z]+:.*##/ {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/ready      ## build every task, and the mix of them all, from the embedded samples into out/
	$(BIN)/python build make --recipe everything --samples --out out/samples
	@echo
	@echo "Next: . $(BIN)/activate     and then, for example,"
	@echo "  python build list                        the tasks"
	@echo "  python build show imdb                   a raw record, and what each template makes of it"
	@echo "  python build card --out out/samples      the dataset card, beside the rows"
	@echo "  python build make squad --out out/squad  real rows, from the Hub"

test: $(VENV)/test-ready     ## lint, spelling, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile

compat: $(VENV)/test-ready $(COMPAT:%=.cache/compat/%/ready) $(OTHER_PYTHONS:%=.cache/compat/%/ready)     ## what is published loads in other releases and libraries, and trains
	$(BIN)/python -m pytest -q tests/compat -k 'not axolotl'

axolotl: $(VENV)/test-ready .cache/compat/axolotl/ready     ## its loader takes every row format (4 GB on disk, so not in compat)
	$(BIN)/python -m pytest -q tests/compat/test_trainers.py -k axolotl

pythons: $(OTHER_PYTHONS:%=.cache/compat/%/ready)     ## engines and kills on the other Pythons of this machine
	@for version in $(filter-out $(OTHER_PYTHONS:python-%=%),$(OTHER_VERSIONS)); do \
		echo "make pythons: no Python $$version here, so nothing is tried with it" >&2; \
	done
	for python in $(OTHER_PYTHONS); do \
		.cache/compat/$$python/bin/python -m pytest -q --numprocesses auto --dist loadfile tests/core || exit; \
	done

bench: $(VENV)/bench-ready     ## measure against other ways to do the job
	$(BIN)/python build/bench

lock:            ## pin the newest versions that pyproject.toml admits (needs uv)
	uv pip compile pyproject.toml --group install --universal --python-version 3.10 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock --upgrade
	uv pip compile pyproject.toml --extra cluster --group test -c requirements.lock --universal --python-version 3.10 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o tests/requirements.lock --upgrade
	uv pip compile pyproject.toml --group bench -c requirements.lock --universal --python-version 3.10 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o build/bench/requirements.lock --upgrade
	for name in $(COMPAT) axolotl; do \
		uv pip compile tests/compat/$$name.in $(PIP_FIND_LINKS:%=--find-links %) --universal --python-version 3.11 \
			--no-emit-package torchvision --no-emit-package torchaudio \
			$$(sed -n 's/^# left out of the lock: //p' tests/compat/$$name.in | sed 's/[^ ]*/--no-emit-package &/g') \
			--generate-hashes --no-emit-index-url --no-annotate --no-header -o tests/compat/$$name.lock --upgrade || exit; \
	done

# the runtime and the package itself: `make test` adds what only tests need
$(VENV)/requirements: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; make PYTHON=/path/to/it")'
	@echo "Setting up $(VENV): $(RUNTIME_SIZE), a minute or two, once."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/ready: $(VENV)/requirements pyproject.toml
	@echo "Installing instruct_mix itself into $(VENV), from this folder."
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/test-ready: $(VENV)/ready tests/requirements.lock
	@echo "Adding the tools of the tests to $(VENV): $(TEST_SIZE)."
	@$(INSTALL) -r tests/requirements.lock
	@touch $@

$(VENV)/bench-ready: $(VENV)/test-ready build/bench/requirements.lock
	@$(INSTALL) -r build/bench/requirements.lock
	@touch $@

.cache/compat/python-%/ready: tests/requirements.lock
	rm -rf $(@D)
	$(call python,$*) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --no-compile --require-hashes --only-binary :all: -r $<
	@touch $@

.cache/compat/%/ready: tests/compat/%.lock
	@$(COMPAT_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo 'make compat needs Python 3.11; make compat COMPAT_PYTHON=/path/to/it' >&2; exit 1; }
	rm -rf $(@D)
	$(COMPAT_PYTHON) -m venv $(@D)
	@# a pin that no index of this machine has leaves the environment out, and its tests say so
	@needed=$$(sed -n 's/^# only where there is //p' tests/compat/$*.in); \
	if [ -n "$$needed" ] && [ "$$(uname)" = Linux ] && \
		! $(@D)/bin/python -m pip download --quiet --no-deps --dest $(@D)/found $$needed 2>/dev/null; \
	then echo "make compat: no $$needed here, so $* is left out; see tests/compat/$*.in" >&2; rm -rf $(@D); \
	else $(@D)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes --only-binary :all: -r $< \
		&& rm -rf $(@D)/found && touch $@; fi
