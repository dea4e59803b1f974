# Everything here sets up what it needs by itself, in .venv, from requirements.lock.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: help install lint units stories doors test check demo lab bench soak

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

units: install
	$(RUN)/pytest -q -m "not story and not door and not crash and not soak"

stories: install
	$(RUN)/pytest -q -m "story and not soak"

doors: install
	$(RUN)/pytest -q -m "(door or crash) and not story and not soak"

test: units stories doors

check: lint test

demo: install
	@$(RUN)/tanos demo

lab: install
	@$(RUN)/tanos lab lab

bench: install
	@$(RUN)/python -m tests.bench

soak: install
	$(RUN)/pytest -q -m soak
