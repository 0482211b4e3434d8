# make demo: see the whole road in ten minutes.  make test: check it.  Both set up their own environment first.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python
READY = $(VENV)/ready
GPU_PYTHON ?= $(RUN)
TWO = -n 2 --dist loadfile --no-loadscope-reorder  # each test computes on one core; long files are not kept for the end

.PHONY: demo test test-long gpu-check format check clean
demo: $(READY)
	$(RUN) tools/demo.py

test: $(READY)
	CUDA_VISIBLE_DEVICES= $(RUN) -m pytest -q -m "not long" $(TWO)

test-long: $(READY)
	CUDA_VISIBLE_DEVICES= $(RUN) -m pytest -q -m long $(TWO) --durations=10

# what only a GPU can show; GPU_PYTHON=python3 takes a Python that has everything already
gpu-check: $(if $(filter $(RUN),$(GPU_PYTHON)),$(READY))
	@if $(GPU_PYTHON) -c 'import sys, torch; sys.exit(torch.cuda.is_available())'; then \
		echo "gpu-check: not run, torch.cuda.is_available() is false for $(GPU_PYTHON)"; \
	else $(GPU_PYTHON) -m pytest -q -rs tests/gpu && $(GPU_PYTHON) tools/benchmark.py step --all --rounds 7; fi

format: $(READY)
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

check: $(READY)
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m pyright

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "antipodal needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "pip>=25.1"
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group test --group check
	touch $@

clean:
	rm -rf .demo .pytest_cache .ruff_cache .hypothesis
