# on a fresh machine with Python 3.11: `make run` opens the map, `make test` runs every test
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
CITY ?= city

run: $(VENV)/.run  ## install, make the demo city if there is none, serve
	$(BIN)/python app.py serve --city $(CITY)

test: $(VENV)/.dev  ## every test; browser journeys run where Chromium is installed
	$(BIN)/python -m pytest -q

check: $(VENV)/.dev  ## lint, formatting, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## measurements, see docs/PERFORMANCE.md
	$(BIN)/python -m tests.bench

$(VENV)/.run: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.dev: $(VENV)/.run tests/requirements.txt
	$(BIN)/python -m pip install --quiet -r tests/requirements.txt
	touch $@

.PHONY: run test check fix bench
