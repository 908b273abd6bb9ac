# Requires only Python 3.11 or later, with pip and venv. `make demo` and `make test` install everything else.

PYTHON ?= python3
VENV := .venv
SPARK := .venv-spark
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo sample test test-chaos test-spark test-browser test-wheel docs pictures lab bench diff rooms check format clean

demo: $(VENV)/installed          ## read some letters, and print the tables of the sample
	$(BIN)/imrdata demo

sample: $(VENV)/installed        ## build the bundled dataset again from the bundled letters
	rm -rf seeds/sample
	$(BIN)/imrdata build seeds/letters seeds/sample --workers 1
	rm -rf seeds/sample/.build

demo-search: $(VENV)/installed-dev  ## index, fetch, build and compare, with a replica of the state's search on this machine
	PYTHONPATH=tests/only_loopback$${PYTHONPATH:+:$$PYTHONPATH} $(BIN)/python tests/dwc_site.py demo build/search

test: $(VENV)/installed-dev      ## run all tests, including the notebooks
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile tests
	$(BIN)/python -m pytest docs
	$(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 120 \
		--nbval-sanitize-with notebooks/sanitize.cfg -W "ignore::DeprecationWarning" notebooks

test-chaos: $(VENV)/installed-dev  ## kill builds at random moments, and read damaged letters; takes minutes
	$(BIN)/python -m pytest -m chaos -q tests/test_chaos.py tests/test_damage.py

test-spark: $(SPARK)/installed   ## test builds and reports on Spark; requires Java 17 (Debian: openjdk-17-jre-headless)
	$(SPARK)/bin/python -m pytest -m spark -q tests/test_spark.py tests/test_expectations.py
	$(SPARK)/bin/python -m pytest -q docs/guides/spark.md

docs: $(VENV)/installed-dev      ## build the manual into build/docs; any warning is an error
	$(BIN)/python -m sphinx -b html -q -W --keep-going -n -d build/docs-trees docs build/docs

pictures: $(VENV)/installed-dev  ## draw the pictures of the gallery in docs/ again
	$(BIN)/python docs/pictures.py

test-browser: $(VENV)/installed-dev  ## run the notebooks in JupyterLab in a real browser (Debian: chromium), and save screenshots/
	$(BIN)/python -m pytest -m browser -q tests

test-wheel: $(VENV)/installed-dev  ## test the wheel in empty environments with the newest and the oldest dependencies
	$(BIN)/python -m pytest -m wheel -q tests/test_wheel.py

lab: $(VENV)/installed-dev       ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

bench: $(VENV)/installed-dev     ## measure speed, relative to other programs
	$(BIN)/python benchmarks/text_to_record.py
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/loading.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/false_alarms.py
	$(BIN)/python benchmarks/builds.py $(wildcard ../shared/letters)
	$(if $(wildcard ../shared/letters),$(MAKE) $(SPARK)/installed && $(SPARK)/bin/python benchmarks/spark.py ../shared/letters)

REV ?= HEAD
diff: $(VENV)/installed-dev      ## list the fields that differ from those of a revision: make diff REV=main SOURCE=letters
	PYTHONPATH=. $(BIN)/python benchmarks/differences.py $(REV) $(SOURCE)

rooms: $(VENV)/installed-dev     ## count the subpackages, their layers, and the imports between them
	$(BIN)/python benchmarks/rooms.py

check: $(VENV)/installed-dev     ## check style, types, and the layers of imports
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

# Spark is large, and requires an older pandas.
$(SPARK)/installed: pyproject.toml constraints-dev.txt
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python -m pip --quiet --disable-pip-version-check install --upgrade \
		--constraint constraints-dev.txt pip
	$(SPARK)/bin/python -m pip --quiet --disable-pip-version-check install \
		--constraint constraints-dev.txt --editable '.[ocr,quality,spark]' --group dev
	touch $@

clean:
	rm -rf $(VENV) $(SPARK) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
