# Everything one does with this repository. Bare `make` explains itself.
# Set-up happens once, in .venv, and again when a lock or pyproject.toml changes; PYTHON=… in the
# environment chooses the Python.

INSIDE := .venv/bin
PIP_INSTALL := $(INSIDE)/python -m pip install --quiet --disable-pip-version-check --no-input

# Where the environment forbids to keep what Python has compiled, every process that starts, and
# every worker of the tests, compiles hundreds of files again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Say what can be made
	@echo "careweave: plans and runs intensive outpatient programmes with ketamine sessions."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: .venv/ready-to-run ## Set up what is missing, then serve the demo clinic and print a link for each role
	$(INSIDE)/careweave serve --demo

.PHONY: demo-clinic
demo-clinic: .venv/ready-to-run ## Plan the demo clinic of sixty patients anew: a quarter of an hour
	$(INSIDE)/python setup/demo_clinic.py

# One more than there are cores: many tests wait for a database, a browser or a process.
WORKERS = $$($(INSIDE)/python -c "import os; print(1 + os.cpu_count())")

.PHONY: test
test: .venv/ready-to-test ## Set up what is missing, then check format, lint, types, imports and run all tests
	$(INSIDE)/ruff format --check .
	$(INSIDE)/ruff check .
	$(INSIDE)/mypy
	$(INSIDE)/lint-imports
	$(INSIDE)/pytest -m timed
	$(INSIDE)/pytest -n $(WORKERS) -m "not timed and not campaign"

.PHONY: coverage
coverage: .venv/ready-to-test ## Run the tests and see that they try every branch of what judges, and most of the rest
	$(INSIDE)/pytest -n auto --cov --cov-report=
	$(INSIDE)/coverage report --fail-under=90
	$(INSIDE)/coverage report --fail-under=100 --include='pathways/safety/*,scheduler/planning/verifying/*'

.PHONY: format
format: .venv/ready-to-test ## Put the code into the house's format and mend what lint can mend
	$(INSIDE)/ruff format .
	$(INSIDE)/ruff check --fix .

.PHONY: campaign
campaign: .venv/ready-to-test ## Try thousands of random scenarios: minutes, not part of `make test`
	$(INSIDE)/pytest -n auto -m campaign --hypothesis-profile=campaign

.PHONY: mutants
mutants: .venv/ready-to-test ## Make some seventy mistakes in a copy, one at a time, and see the tests find each
	$(INSIDE)/python -m tests.mutants

.PHONY: bench
bench: .venv/ready-to-run ## Measure the planner beside reference planners: a quarter of an hour
	$(INSIDE)/python -m benchmarks --picture

.PHONY: bench-full
bench-full: .venv/ready-to-run ## Measure everything, up to 500 patients; goes on where it was interrupted
	$(INSIDE)/python -m benchmarks --full

.PHONY: pictures
pictures: .venv/ready-to-test ## Make docs/pictures again from what the command line and the demo clinic show
	$(INSIDE)/python docs/pictures/draw.py
	$(INSIDE)/python docs/pictures/photograph.py

.PHONY: reference
reference: .venv/ready-to-run ## Write the reference pages again from rules and library
	$(INSIDE)/python docs/reference/write.py

.PHONY: migration
migration: .venv/ready-to-test ## Write the next step of the database: make migration MESSAGE="Add a table"
	$(INSIDE)/python setup/migration.py "$(MESSAGE)"
	$(INSIDE)/ruff check --quiet --fix scheduler/store/migrations
	$(INSIDE)/ruff format --quiet scheduler/store/migrations

.PHONY: lock
lock: ## Resolve pyproject.toml again into requirements.lock and requirements-dev.lock
	setup/lock.sh

.PHONY: clean
clean: ## Remove the environment and every cache
	rm -rf .venv .mail-server benchmarks/.cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The hashed lock first, then the project without dependencies and without an index: nothing is
# ever fetched that a lock does not name. Locks are complete, so pip resolves nothing again: an older
# pip would reach for a newer release where a package asks for an extra (`coverage[toml]`).
# Editable, so that what runs is what stands in the folder. Installing the project bundles the pages'
# scripts, with Node from the lock; their lock has hashes of its own.
.venv/dependencies: requirements.lock setup/bootstrap.sh
	@echo "Setting up .venv, once: fetching about 190 MB, half a minute on a fast line."
	setup/bootstrap.sh .venv
	$(PIP_INSTALL) --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/ready-to-run: .venv/dependencies pyproject.toml setup/pages.py $(wildcard api/web/assets/*)
	$(PIP_INSTALL) --no-index --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready-to-test: .venv/ready-to-run requirements-dev.lock
	$(PIP_INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	$(INSIDE)/python -m pip check
	@touch $@
