# make demo: see the whole road in ten minutes.  make test: check it.  Both set up their own environment first.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python
READY = $(VENV)/ready

.PHONY: demo test test-long format check clean
demo: $(READY)
	$(RUN) tools/demo.py

test: $(READY)
	$(RUN) -m pytest -q -m "not long"

test-long: $(READY)
	$(RUN) -m pytest -q -m long --durations=10

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
