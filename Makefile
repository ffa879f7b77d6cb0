# `make demo` sets up and runs the main job on the samples; `make test` sets up and passes the tests.
# `make test-lowest` passes the tests on the lowest versions that pyproject.toml allows, in an environment of its own;
# after a change of them `make lock-lowest` writes anew which versions those are (for Python 3.11).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOWEST := .venv-lowest
LOCK_LOWEST := requirements-lowest.lock
PIP_INSTALL := pip install --quiet --disable-pip-version-check

.PHONY: demo test test-lowest lock-lowest services clean

demo: $(VENV)/.ready
	$(BIN)/baocao demo

test: $(VENV)/.ready-dev services
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2

# The tests start a PostgreSQL of their own, let LibreOffice write what is read, and let Tesseract read scans: all come
# from Debian, where one may install them.
services:
	@command -v initdb > /dev/null || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || \
		{ test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq postgresql > /dev/null; } || \
		echo "No PostgreSQL server here; its tests say so."
	@command -v soffice > /dev/null || \
		{ test "$$(id -u)" = 0 && apt-get update -qq && \
			apt-get install -y -qq --no-install-recommends libreoffice-writer > /dev/null; } || \
		echo "No LibreOffice here; the tests of what it writes say so."
	@tesseract --list-langs 2> /dev/null | grep -q vie || \
		{ test "$$(id -u)" = 0 && apt-get update -qq && \
			apt-get install -y -qq tesseract-ocr tesseract-ocr-vie > /dev/null; } || \
		echo "No Tesseract with Vietnamese here; the tests of scans say so."

test-lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python -m pytest -n 2

lock-lowest:
	test -x $(LOWEST)/bin/pip || $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/$(PIP_INSTALL) uv
	$(LOWEST)/bin/uv pip compile --quiet --resolution lowest-direct --python-version 3.11 --extra dev --extra all --no-annotate \
		--custom-compile-command "make lock-lowest" --output-file $(LOCK_LOWEST) pyproject.toml

$(VENV)/.ready: pyproject.toml hatch_build.py requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP_INSTALL) -c requirements.lock -e ".[web]"
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/$(PIP_INSTALL) -c requirements.lock -e ".[dev,all]"
	touch $@

$(LOWEST)/.ready: pyproject.toml hatch_build.py $(LOCK_LOWEST)
	test -x $(LOWEST)/bin/pip || $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/$(PIP_INSTALL) -c $(LOCK_LOWEST) -e ".[dev,all]"
	touch $@

clean:
	rm -rf $(VENV) $(LOWEST) .dev demo-archive
