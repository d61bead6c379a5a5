# The two commands a newcomer needs: `make demo` and `make test`. Python >= 3.11 and make are enough.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
ARGS ?=

.PHONY: help setup demo test accept interop bench assets messages reference lock release screenshots docs clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## make .venv with the relto command (needs Python >= 3.11)

$(STAMP): requirements/dev.lock pyproject.toml tools/set_up.sh
	@sh tools/set_up.sh $(VENV) $(STAMP)

demo: setup ## two nations play the whole story, for real; ARGS="--headless --report demo.json" plays it alone
	@$(BIN)/relto demo $(ARGS)

test: setup ## everything that must hold: style, types, floors, docs and all tests
	@sh tools/run_tests.sh $(BIN)

accept: setup ## full-size runs; writes dated evidence under docs/evidence/
	@$(BIN)/python tools/accept.py $(ARGS)

interop: setup ## tests with other people's clients and verifiers
	@$(BIN)/python -m pytest -q -ra -m "interop or stock_client" $(ARGS)

bench: setup ## measurements; each prints the machine and a peer or physical limit
	@set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script" $(ARGS); done

assets: setup ## rebuild the committed CSS and fonts (needs Node and npm)
	@$(BIN)/python tools/build_assets.py

messages: setup ## rebuild the message catalogues of the pages
	@$(BIN)/python tools/build_messages.py

reference: setup ## rewrite the reference pages that are made from code
	@$(BIN)/python tools/write_reference.py
	@$(BIN)/python tools/write_openapi.py
	@$(BIN)/python tools/write_procedures.py
	@$(BIN)/python -m tools.write_alarms

lock: setup ## solve the dependencies again; hashes, no host names
	@sh tools/lock.sh $(BIN)

release: setup ## wheel, sdist, lock, list of parts, provenance; built twice and compared; ARGS="--who NAME --sign KEY"
	@$(BIN)/python -m tools.release $(ARGS)

screenshots: setup ## a picture of every page of two running nodes, in both languages: build/screenshots/index.html
	@$(BIN)/python -m tests.support.portal_survey.pictures $(ARGS)

docs: setup ## build the documentation under docs/_build; warnings are errors
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean: ## remove what was built (the demo's nodes and .venv included)
	rm -rf $(VENV) build dist demo demo.json docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf src/*.egg-info
	find src tests tools bench docs -name __pycache__ -type d -prune -exec rm -rf {} +
