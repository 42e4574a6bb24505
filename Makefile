# Thin on purpose: each target is one program with its set-up in front. `make` alone explains them.

VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := $(VENV)/Scripts
# Git's bash, for every line: the programs below are named with slashes.
SHELL := bash
else
PYTHON ?= python3
BIN := $(VENV)/bin
endif
READY := $(VENV)/.ready
INSTRUCTOR := $(VENV)/.ready-instructor
# The last file of a build of the book.
BUILT := _build/html/book/health.json
PORT ?= 8000
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')

# Two spinning OpenMP threads on a busy two-core machine train ten times slower than one.
export OMP_NUM_THREADS := 1
export OMP_WAIT_POLICY := PASSIVE
# Windows writes files and pipes in its old code page without this; elsewhere it changes nothing.
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup book notebooks pdf site-zip test serve bench checkpoints exercises grade clean

help: ## explain the targets
	@echo "Through the Bottleneck: autoencoders, from PCA to the VAE"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Each target sets itself up in $(VENV) first, with Python 3.11 or newer (another one: make PYTHON=python3.12 book)."

setup: $(READY) ## install what the course needs in .venv

$(READY): requirements.txt constraints.txt pyproject.toml package.json package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "got $$($(PYTHON) --version 2>&1), expected Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import platform, sys; sys.exit((sys.platform, platform.machine()) == ("darwin", "x86_64"))' || \
		{ echo "got an Intel Mac, for which PyTorch makes no wheels any more: open the notebooks on Colab or Binder, or read the book"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m course_build.sphinx.katex_math
	@touch $@

book: $(READY) ## execute every chapter and build the pages in _build/html
	$(BIN)/python -m course_build.book

notebooks: book ## run every notebook as a reader would, in a clean environment (NOTEBOOKS="pca elbo" for some)
	$(BIN)/python -m course_build.notebooks.run $(NOTEBOOKS)

$(BUILT): | $(READY)
	$(MAKE) --no-print-directory book

pdf: $(BUILT) ## print the built book, stills for figures, to _build/through-the-bottleneck.pdf, and link it from the site
	$(BIN)/python -m course_build.pdf

site-zip: $(BUILT) ## pack the built site to read it offline, to _build/through-the-bottleneck-site.zip, and link it as well
	$(BIN)/python -m course_build.site_zip

.PHONY: lint
lint: $(READY) ## look at the code without running it: style, types, the JavaScript of the figures
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check --error-on-warning
	$(BIN)/python -m course_build.lint_javascript

test: $(INSTRUCTOR) lint ## lint, build the book, test the library, the build, the pages and the grading (SLOW=yes: everything; COVERAGE=yes: count lines, a third slower)
	$(MAKE) --no-print-directory book
	@# A module stays in one process: its tests share pages and courses that take long to set up. Without a new order:
	@# those of one or two tests would come last, and with minutes in each of them one process would wait for the other.
	@# One process more than processors: those that open pages wait for the network to fall silent half of the time.
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder $(if $(SLOW),,-m "not slow") $(if $(COVERAGE),--cov --cov-report=)
	$(if $(COVERAGE),$(BIN)/coverage report --include="course_lib/*" --fail-under=95 --skip-covered)
	$(if $(COVERAGE),$(BIN)/coverage report --include="course_build/*" --fail-under=85 --skip-covered)

.PHONY: test-library links binder
test-library: $(READY) ## test course_lib: without a built book, a browser or a sandbox
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope tests/unit

links: $(READY) ## ask every address that the book names whether it is still there
	$(BIN)/jupyter-book build --all -W -n --keep-going --builder custom --custom-builder linkcheck .

binder: $(READY) ## write binder/requirements.txt anew, after a change of requirements.txt or constraints.txt
	$(BIN)/python -m course_build.binder_requirements

serve: book ## build the book and serve it on this machine (PORT=8000)
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

bench: $(READY) ## measure the training loop, the pages and the maps: the tables in benchmarks/README.md (half an hour)
	$(BIN)/python -m benchmarks

exercises: $(READY) ## try every exercise, then write its notebooks to _build/exercises
	$(BIN)/python -m course_build.exercises check
	$(BIN)/python -m course_build.exercises build

$(INSTRUCTOR): $(READY) requirements-instructor.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-instructor.txt
	@touch $@

grade: $(INSTRUCTOR) ## grade an assignment in the sandbox: ASSIGNMENT=name [SUBMISSIONS=folder] [COURSE=folder]
	@test -n "$(ASSIGNMENT)" || { echo "got no assignment, expected make grade ASSIGNMENT=homework-1"; exit 1; }
	$(BIN)/python -m course_build.grading "$(ASSIGNMENT)" $(if $(SUBMISSIONS),--submissions "$(SUBMISSIONS)") $(if $(COURSE),--course "$(COURSE)")

checkpoints: $(READY) ## train the shipped weights and make the shipped maps anew
	$(BIN)/python -m course_build.recipes

# For .github/workflows, which call nothing but this file.
COLAB_IMAGE := us-docker.pkg.dev/colab-images/public/runtime:latest

.PHONY: colab cache-key push-notebooks report-links
colab:
	docker run --rm --entrypoint "" --volume "$(CURDIR)":/course:ro --workdir /course $(COLAB_IMAGE) \
		python3 -B -m course_build.notebooks.run_in_colab _build/published

cache-key: $(READY)
	@key=$$($(BIN)/python -m course_build.sphinx.cache_key) && echo "key=$$key"

push-notebooks:
	.ci/push-notebooks _build/html/notebooks

report-links:
	.ci/report-links _build/linkcheck/output.txt

clean: ## remove what was built and what was executed, neither .venv nor node_modules
	rm -rf _build .coverage .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
