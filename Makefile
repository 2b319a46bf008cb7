# Needs Python 3.11 or later, git and make. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
TOOLED := $(VENV)/.tooled
BIN := $(VENV)/bin

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1
# The tests start the command many times: it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: build check test lint format clients laws crash edits bench wheel clean help

build: $(INSTALLED) ## Compose all profiles into output/
	$(BIN)/agent-composer build

check: $(INSTALLED) ## Are the outputs what the sources say?
	$(BIN)/agent-composer check

test: lint ## Everything that CI runs: linters, types, import contracts, tests with their coverage
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term

lint: $(TOOLED) ## Linter, formatter, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TOOLED) ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

laws: $(TOOLED) ## Search for counterexamples to the laws, among twenty times as many examples, and others each time
	LAWS=20 $(BIN)/python -m pytest -n auto --dist worksteal -m hypothesis

crash: $(TOOLED) ## Kill builds at every call that changes the disk, and see that the next build repairs (some minutes)
	$(BIN)/python tools/try_crashes.py

edits: $(TOOLED) ## Edit the outputs at random, 5 000 times, and take the edits home (some minutes)
	$(BIN)/python tools/try_hand_edits.py $(EDITS)

bench: $(INSTALLED) ## Measure against a floor and other generators: benchmarks/RESULTS.md (BENCH=--quick for a sketch)
	$(BIN)/python -m benchmarks $(BENCH)

clients: build ## Have the real Claude Code, and agnix, read every output (needs npm; skipped without)
	$(BIN)/python tools/check_clients.py

wheel: $(TOOLED) ## Build the wheel and the source archive into dist/
	$(BIN)/python -m hatchling build -d dist

clean: ## Remove what can be made again, output/ excepted
	rm -rf $(VENV) .bench .clients dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find composer tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target what; do \
		printf '%-15s %s\n' "$$target" "$$what"; done

# The environment is made once, and again when what it consists of changes.

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "agent-composer needs Python 3.11 or later: name one, as in  make build PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(TOOLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
