# Needs only Python 3.11 or later, with pip and venv. `make demo` and `make test` set up all the rest.

PYTHON ?= python3
VENV := .venv
SPARK := .venv-spark
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo sample test test-chaos test-spark test-browser test-wheel docs pictures lab bench diff rooms check format clean

demo: $(VENV)/installed          ## read the bundled letters, print the tables
	$(BIN)/imrdata demo

sample: $(VENV)/installed        ## the dataset that ships, built again of the letters that ship
	rm -rf seeds/sample
	$(BIN)/imrdata build seeds/letters seeds/sample --workers 1
	rm -rf seeds/sample/.build

demo-search: $(VENV)/installed-dev  ## index, fetch, build and compare, against a replica of the state's search on this machine
	PYTHONPATH=tests/only_loopback$${PYTHONPATH:+:$$PYTHONPATH} $(BIN)/python tests/dwc_site.py demo build/search

test: $(VENV)/installed-dev      ## all tests, the notebooks among them
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile tests
	$(BIN)/python -m pytest docs
	$(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 120 \
		--nbval-sanitize-with notebooks/sanitize.cfg -W "ignore::DeprecationWarning" notebooks

test-chaos: $(VENV)/installed-dev  ## builds killed at any moment, letters broken in any way; takes minutes
	$(BIN)/python -m pytest -m chaos -q tests/test_chaos.py tests/test_damage.py

test-spark: $(SPARK)/installed   ## builds and reports on Spark; needs Java 17 (Debian: openjdk-17-jre-headless)
	$(SPARK)/bin/python -m pytest -m spark -q tests/test_spark.py tests/test_expectations.py
	$(SPARK)/bin/python -m pytest -q docs/guides/spark.md

docs: $(VENV)/installed-dev      ## the manual, in build/docs; any warning is an error
	$(BIN)/python -m sphinx -b html -q -W --keep-going -n -d build/docs-trees docs build/docs

pictures: $(VENV)/installed-dev  ## the pictures of the gallery in docs/, drawn again
	$(BIN)/python docs/pictures.py

test-browser: $(VENV)/installed-dev  ## the notebooks in JupyterLab in a real browser (Debian: chromium); screenshots/ to look at
	$(BIN)/python -m pytest -m browser -q tests
test-wheel: $(VENV)/installed-dev  ## the wheel: its contents, and empty environments of the newest and the oldest dependencies
	$(BIN)/python -m pytest -m wheel -q tests/test_wheel.py

lab: $(VENV)/installed-dev       ## the notebooks, in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

bench: $(VENV)/installed-dev     ## how fast, and compared with what
	$(BIN)/python benchmarks/text_to_record.py
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/loading.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/false_alarms.py
	$(BIN)/python benchmarks/builds.py $(wildcard ../shared/letters)
	$(if $(wildcard ../shared/letters),$(MAKE) $(SPARK)/installed && $(SPARK)/bin/python benchmarks/spark.py ../shared/letters)

REV ?= HEAD
diff: $(VENV)/installed-dev      ## which fields of which letters differ from a revision: make diff REV=main SOURCE=letters
	PYTHONPATH=. $(BIN)/python benchmarks/differences.py $(REV) $(SOURCE)

rooms: $(VENV)/installed-dev     ## the subpackages, their layers, and the imports between them, counted
	$(BIN)/python benchmarks/rooms.py

check: $(VENV)/installed-dev     ## style, types, and the layers of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade --constraint constraints-dev.txt pip

$(VENV)/installed: pyproject.toml constraints-dev.txt | $(BIN)/python
	$(PIP) install --constraint constraints-dev.txt --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml constraints-dev.txt | $(BIN)/python
	$(PIP) install --constraint constraints-dev.txt --editable '.[notebooks,quality,fetch,ocr]' --group dev
	touch $@ $(VENV)/installed

# Spark is large, and wants an older pandas than others do.
$(SPARK)/installed: pyproject.toml constraints-dev.txt
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python -m pip --quiet --disable-pip-version-check install --upgrade \
		--constraint constraints-dev.txt pip
	$(SPARK)/bin/python -m pip --quiet --disable-pip-version-check install \
		--constraint constraints-dev.txt --editable '.[ocr,quality,spark]' --group dev
	touch $@

clean:
	rm -rf $(VENV) $(SPARK) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
