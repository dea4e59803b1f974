# Everything here sets up what it needs by itself, in .venv, from requirements.lock.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: help install lint units stories doors test check demo lab bench soak boxes wheelhouse vm-smoke lock

help:
	@echo "make demo    two appliances exchange a certificate, unattended, with a transcript"
	@echo "make lab     two appliances to sign in to, until Ctrl-C"
	@echo "make test    the tests          make check   what CI runs: lint, types, contracts, tests"
	@echo "make bench   the measured table make soak    the long suites"

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) tests/needs.py
	@$(PYTHON) -m venv $(VENV)
	@$(RUN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(VENV)/ready

lint: install
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

# What is covered is counted here alone, without what these tests start as processes of their own.
WORKERS ?= 2
units: install
	$(RUN)/pytest -q -n $(WORKERS) --cov --cov-report= -m "not story and not door and not crash and not soak"
	@echo "(lines and branches, by the units alone; their child processes, the doors and the stories are not counted;"
	@echo " $(RUN)/coverage report -m --skip-covered shows the rest)"

stories: install
	$(RUN)/pytest -q -m "story and not soak"

# Each worker takes whole files, in their order: their doors and what is made once stay theirs. 0: one process.
DOOR_WORKERS ?= 2
doors: install
	$(RUN)/pytest -q -n $(DOOR_WORKERS) --dist loadfile --no-loadscope-reorder \
	    -m "(door or crash) and not story and not soak"

test: units stories doors

check: lint boxes test

demo: install
	@$(RUN)/tanos demo

lab: install
	@$(RUN)/tanos lab lab

bench: install
	@$(RUN)/python -m tests.bench

soak: install
	$(RUN)/pytest -q -m soak

# The boxes under vagrant/: shell and Vagrantfile are judged where a judge is installed.
boxes:
	@if command -v shellcheck >/dev/null; then shellcheck vagrant/*.sh .ci/run; else echo "shellcheck is not installed: skipped"; fi
	@if command -v vagrant >/dev/null; then cd vagrant && vagrant validate --ignore-provider; else echo "vagrant is not installed: skipped"; fi

# Wheels for the boxes' Python: 3.13 on Debian 13 (3.11 on Debian 12: make wheelhouse BOX_PYTHON=3.11).
BOX_PYTHON ?= 3.13
BOX_MACHINE ?= x86_64
wheelhouse: install
	rm -rf wheelhouse && mkdir wheelhouse
	$(RUN)/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --python-version $(BOX_PYTHON) \
	    --platform manylinux_2_34_$(BOX_MACHINE) --platform manylinux_2_28_$(BOX_MACHINE) \
	    --platform manylinux_2_17_$(BOX_MACHINE) --platform manylinux2014_$(BOX_MACHINE) \
	    --require-hashes -r vagrant/requirements.lock -d wheelhouse
	$(RUN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w wheelhouse .

vm-smoke:
	@vagrant/smoke.sh

# After changing dependencies in pyproject.toml (wants uv).
lock:
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	    --extra dev pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	    -c requirements.lock pyproject.toml -o vagrant/requirements.lock
