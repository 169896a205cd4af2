# `make lab` sets up and opens the course; `make test` sets up and passes the tests. Both need nothing but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Numbers of threads for linear algebra: the matrices are small, and several kernels share the cores.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
JOBS ?= 2
# Sets of hidden cases per question in `make proof`.
SEEDS ?= 100

# What learners and instructors need. Made again only when requirements.txt or pyproject.toml has changed.
# The packages' own tests are not compiled: 70 MB that nobody here runs. A few packages carry templates that
# are no Python: compileall ends with an error for them, which is ignored.
$(VENV)/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; this is %d.%d. Try: make PYTHON=python3.12 ...' % sys.version_info[:2] if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile -r requirements.txt
	$(PIP) --no-deps --editable .
	$(BIN)/python -m compileall -qq -j 0 -x '[/\\]tests?[/\\]' $(VENV)/lib || true
	touch $@

# What the tests, lint and benchmarks need besides.
$(VENV)/ready-test: $(VENV)/ready requirements-test.txt
	$(PIP) -r requirements-test.txt
	touch $@

.PHONY: setup setup-test lab test lint format proof build verify bench site pins clean

setup: $(VENV)/ready

setup-test: $(VENV)/ready-test

lab: setup
	$(BIN)/holdout lab $(LESSON)

# Unit, grader and browser tests and the outputs of every lesson, in one pool.
test: setup-test lint
	$(BIN)/holdout build --check
	HOLDOUT_PROGRESS=off $(BIN)/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder -m "not proof" --durations 30 \
		--nbval --nbval-current-env --nbval-sanitize-with tests/sanitize.cfg --nbval-cell-timeout 120 --ignore lessons/optional tests lessons

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/mypy
	$(BIN)/actionlint

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Long proofs: every question on 100 seeds, mutants of every right answer, published values, classes of 1,000. Each test is printed as it ends.
proof: setup-test
	$(BIN)/holdout verify --seeds $(SEEDS) --jobs $(JOBS)
	$(BIN)/holdout mutate --jobs $(JOBS)
	$(BIN)/python -m pytest -m proof -n $(JOBS) --dist loadscope --verbose

build: setup
	$(BIN)/holdout build

verify: setup
	$(BIN)/holdout verify

bench: setup-test
	$(BIN)/holdout bench

# The reading edition: static pages with figures that live without a kernel (docs/publishing.md). `make site LITE=1` adds a
# JupyterLite, in which the notebooks run in the reader's browser.
site: setup
	$(PIP) -r requirements-site.txt $(if $(LITE),-r requirements-lite.txt)
	$(BIN)/holdout site $(if $(LITE),--lite)

# Pins from pyproject.toml, for all platforms and Python 3.11 to 3.13 at once. Versions that are pinned stay: to raise
# one, delete its line first. The second file lists only what the test extra adds to the first.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links
pins: setup
	$(PIP) uv
	$(COMPILE) pyproject.toml -o requirements.txt
	mkdir -p build && grep -h == requirements.txt requirements-test.txt > build/all.txt
	$(COMPILE) pyproject.toml --extra test --constraint requirements.txt -o build/all.txt
	{ echo "-r requirements.txt"; grep -vxFf requirements.txt build/all.txt; } > requirements-test.txt
	cat requirements.txt > build/site.txt && { test ! -f requirements-site.txt || grep -h == requirements-site.txt >> build/site.txt; }
	$(COMPILE) pyproject.toml --extra site --constraint requirements.txt -o build/site.txt
	{ echo "-r requirements.txt"; grep -vxFf requirements.txt build/site.txt; } > requirements-site.txt
	cat requirements.txt > build/lite.txt && { test ! -f requirements-lite.txt || grep -h == requirements-lite.txt >> build/lite.txt; }
	$(COMPILE) pyproject.toml --extra lite --constraint requirements.txt -o build/lite.txt
	{ echo "-r requirements.txt"; grep -vxFf requirements.txt build/lite.txt; } > requirements-lite.txt

clean:
	rm -rf $(VENV) build *.egg-info
