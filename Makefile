# Everything a contributor runs. `make dev` once, then any of the others.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: dev lint format types test coverage search rules docs bench bench-indexes bench-lab oracle check clean

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
	$(BIN)/python -m pytest -n auto

# The same, and which lines nobody ran: measuring them takes three times as long on Python 3.11.
coverage: dev
	$(BIN)/python -m pytest -n auto --cov=advisor --cov-report=term:skip-covered

# Properties on examples that nobody has seen yet, which `make test` does not look for.
search: dev
	$(BIN)/python -m pytest -n auto -m hypothesis --hypothesis-profile=search

rules: dev
	$(BIN)/advisor rules check
	$(BIN)/advisor rules test

# Tests what the documents say, then builds the site into build/site; a warning is an error.
docs: dev
	$(BIN)/python -m pytest -q tests/test_readme.py tests/rules/test_expression_docs.py tests/website
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

bench: dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/postgresql_parse.py
	$(BIN)/python benchmarks/pyeval.py
	$(BIN)/python benchmarks/nginx_audit.py
	$(BIN)/python benchmarks/log_read.py

# Needs PostgreSQL with pg_trgm and, for TPC-H, tpchgen-cli: about ten minutes on two cores.
bench-indexes: dev
	$(BIN)/python benchmarks/index_advice_tpch.py
	$(BIN)/python benchmarks/index_advice_web.py

# Needs PostgreSQL, tpchgen-cli and the extra lab: about fifteen minutes, with nothing else running.
bench-lab: dev
	$(BIN)/python benchmarks/effort.py
	$(BIN)/python benchmarks/what_if_start.py
	$(BIN)/python benchmarks/what_if_tpch.py 3 --storage 100
	$(BIN)/python benchmarks/what_if_tpch.py 5 --storage 500

# A hundred thousand settings for every PostgreSQL server found: about half an hour on two cores.
oracle: dev
	ADVISOR_ORACLE_VALUES=$${ADVISOR_ORACLE_VALUES:-100000} $(BIN)/python -m pytest -n auto -m oracle

check: lint types rules test

clean:
	rm -rf $(VENV) build dist .advisor_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
