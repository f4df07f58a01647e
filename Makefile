# Everything a contributor runs. `make dev` once, then any of the others.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: dev lint format types test rules docs bench oracle check clean

dev: $(VENV)/.dev

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: dev
	$(BIN)/mypy

test: dev
	$(BIN)/python -m pytest -n auto --cov=advisor --cov-report=term:skip-covered

rules: dev
	$(BIN)/advisor rules check
	$(BIN)/advisor rules test

docs: dev
	$(BIN)/python -m pytest -q tests/test_readme.py tests/rules/test_expression_docs.py

bench: dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/postgresql_parse.py
	$(BIN)/python benchmarks/pyeval.py
	$(BIN)/python benchmarks/nginx_audit.py

# A hundred thousand settings for every PostgreSQL server found: about half an hour on two cores.
oracle: dev
	ADVISOR_ORACLE_VALUES=$${ADVISOR_ORACLE_VALUES:-100000} $(BIN)/python -m pytest -n auto -m oracle

check: lint types rules test

clean:
	rm -rf $(VENV) build dist .advisor_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
