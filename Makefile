# The only door: people and CI call the same targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: serve test test-wheel test-clients test-examples test-browser fuzz install check fmt lint types layers contracts cov bench bench-converter lock clean

serve: install  ## serve the contracts that ship
	@$(BIN)/mock-cdp serve

test: install  ## every fast test
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-wheel: install  ## build the wheel, install it into an empty environment, serve from it
	$(BIN)/python -m pytest -m wheel

test-clients: install  ## newman and SAP's command line, played in Node, against a running mock; needs Node 18 and npm
	$(BIN)/python -m pytest -m clients

test-examples: install  ## the example integrations, through the gate, with each of their bugs (minutes); needs Node 18
	$(BIN)/python -m pytest -m examples -n 2

test-browser: install  ## the HTML report in Chromium
	@command -v chromium >/dev/null || { echo "this needs Debian's chromium: apt-get install -y chromium" >&2; exit 1; }
	$(BIN)/python -m pytest -m browser

fuzz: install  ## Schemathesis over everything that is described (minutes)
	$(BIN)/python -m pytest -m fuzz

install: $(STAMP)

$(STAMP): .ci/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("mock-cdp needs Python 3.11 or newer, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

check: lint types layers contracts  ## everything that needs no running mock

fmt: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

contracts: install
	$(BIN)/mock-cdp contracts check contracts

cov: install  ## branch coverage of the package
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --skip-covered

bench: install  ## ratios against benchmarks/minimal_flask.py, in one run
	@$(BIN)/python benchmarks/bench.py

bench-converter: install  ## the XML to JSON converter at 1, 10 and 50 MB: speed and memory (Linux)
	@$(BIN)/python benchmarks/converter_cost.py

lock: install  ## bring .ci/requirements.lock up to date with pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --extra conformance --group dev --output-file .ci/requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
