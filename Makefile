# `make run` starts the site, `make test` runs every check, `make help` lists the rest.
#
# Invariant: a file is rebuilt only if one of its sources has changed, so a second start takes seconds.
# Everything is installed into .venv and client/node_modules; only the servers and browsers of the
# tests come from the system's package manager. Works with GNU make 3.81 (macOS).

PORT   ?= 8000
PYTHON ?=
ARGS   ?=
ROUNDS ?= 200

UV_VERSION := 0.13.9
UV_PIP     := .venv/bin/uv pip
INSTALL    := $(UV_PIP) install --quiet --compile-bytecode --python .venv/bin/python
COMPILE    := $(UV_PIP) compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --extra build pyproject.toml
NPM        := cd client && PATH="$(CURDIR)/.venv/bin:$$PATH" npm

# Three workers on two cores, because tests wait a lot; the longest folders come first.
# ARGS="-n 0" runs everything in one process.
WORKERS := --numprocesses 3 --no-loadscope-reorder

# Stamp files of the stages.
UV            := .venv/.uv-$(UV_VERSION)
REQUIREMENTS  := .venv/.requirements
TEST_REQUIREMENTS := .venv/.test-requirements
PETSONG       := .venv/bin/petsong
NODE_MODULES  := client/node_modules/.package-lock.json
CLIENT        := client/dist/.built
LIGHTHOUSE    := benchmarks/lighthouse/node_modules/.package-lock.json

# Folders are listed, too: deleting a file changes only its folder.
CLIENT_SOURCES := $(shell find client -mindepth 1 \
	\( -name node_modules -o -name dist -o -name tests \) -prune -o -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup run test check-all soak programs lint types unit client-test lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(PETSONG) $(CLIENT) ## Create .venv and build the client (PYTHON=python3.12 selects another Python)

run: setup ## Start the site on http://localhost:8000 (PORT=8080 selects another port)
	@PORT=$(PORT) exec $(PETSONG) serve

test: setup programs lint types client-test ## Run the checks of a change, about 9 minutes (ARGS="-k name" is passed to pytest)
	.venv/bin/pytest $(WORKERS) $(ARGS)

check-all: $(LIGHTHOUSE) ## Run every check, those of Lighthouse and the benchmarks included
	$(MAKE) test ARGS='-m "not soak" $(ARGS)'

soak: setup programs ## Kill processes at random for hours, and count the songs (ROUNDS=3 for a short run)
	ROUNDS=$(ROUNDS) .venv/bin/pytest tests/faults tests/integration tests/inputs -m soak -s --timeout 0 $(ARGS)

lint: $(TEST_REQUIREMENTS) $(NODE_MODULES) ## Check the style of Python and TypeScript
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	$(NPM) run --silent lint

types: $(TEST_REQUIREMENTS) $(PETSONG) $(NODE_MODULES) ## Check the types of Python and TypeScript
	.venv/bin/mypy
	$(NPM) run --silent typecheck

unit: $(TEST_REQUIREMENTS) $(PETSONG) client-test ## Run the tests that need no server (about a minute)
	.venv/bin/pytest tests/unit --numprocesses auto $(ARGS)

client-test: $(NODE_MODULES)
	$(NPM) run --silent test

programs: $(TEST_REQUIREMENTS)
	@.ci/programs

lock: $(UV) ## Lock the dependencies of pyproject.toml (ARGS=--upgrade updates them)
	$(COMPILE) --output-file requirements.lock $(ARGS)
	$(COMPILE) --output-file tests/requirements.lock --group test --constraint requirements.lock $(ARGS)

clean: ## Remove everything installed and built, except var/ with its songs
	rm -rf .venv client/node_modules client/dist benchmarks/lighthouse/node_modules .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@PYTHON="$(PYTHON)" .ci/venv

$(UV): .venv/bin/python
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# Both locks are installed without removing anything: the tests' lock contains the first, so `make run`
# after `make test` keeps the test tools.
$(REQUIREMENTS): requirements.lock $(UV)
	$(INSTALL) --require-hashes --requirement requirements.lock
	@touch $@

$(TEST_REQUIREMENTS): tests/requirements.lock $(REQUIREMENTS)
	$(INSTALL) --require-hashes --requirement tests/requirements.lock
	@touch $@

$(PETSONG): pyproject.toml $(REQUIREMENTS)
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_MODULES): client/package.json client/package-lock.json $(REQUIREMENTS)
	$(NPM) ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

# Separate from the client: `make run` doesn't need its 170 MB.
$(LIGHTHOUSE): benchmarks/lighthouse/package.json benchmarks/lighthouse/package-lock.json $(REQUIREMENTS)
	cd benchmarks/lighthouse && PATH="$(CURDIR)/.venv/bin:$$PATH" \
		npm ci --no-audit --no-fund --no-update-notifier --loglevel=error --ignore-scripts
	@touch $@

$(CLIENT): $(CLIENT_SOURCES) $(NODE_MODULES)
	$(NPM) run --silent build
	@touch $@
