# `make lab` sets up and opens the course; `make test` sets up and passes the tests. Both need nothing but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# one thread for linear algebra: the matrices are small, and two kernels share two cores
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
JOBS ?= 2

.PHONY: setup lab test proof build verify bench lint pins clean

# The environment is made again only when what it is made of has changed.
$(VENV)/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; this is %d.%d. Try: make PYTHON=python3.12 ...' % sys.version_info[:2] if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

setup: $(VENV)/ready

lab: $(VENV)/ready
	$(BIN)/holdout lab $(LESSON)

test: $(VENV)/ready lint
	$(BIN)/holdout build --check
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope -m "not proof"
	HOLDOUT_PROGRESS=off $(BIN)/python -m pytest -q --nbval --nbval-current-env --nbval-sanitize-with tests/sanitize.cfg --nbval-cell-timeout 120 \
		-p no:cacheprovider -n $(JOBS) --dist loadscope lessons/*.ipynb

# Long proofs: 100 seeds, published values, classes of 1,000.
proof: $(VENV)/ready
	$(BIN)/holdout verify --seeds 100 --jobs $(JOBS)
	$(BIN)/python -m pytest -m proof -n $(JOBS) --dist loadscope

build: $(VENV)/ready
	$(BIN)/holdout build

verify: $(VENV)/ready
	$(BIN)/holdout verify

bench: $(VENV)/ready
	$(BIN)/holdout bench

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

# Pins for all platforms and Python 3.11 to 3.13 at once, from pyproject.toml.
pins: $(VENV)/ready
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--extra test pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.12 --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--no-emit-package jupyter-server -c requirements.txt pyproject.toml -o binder/requirements.txt

clean:
	rm -rf $(VENV) build *.egg-info
