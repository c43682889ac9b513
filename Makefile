# Everything that is done with this working copy. `make help` lists it; each target sets up what it needs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)

WORKERS ?= logical
# `make test` looks at what is slow too, on SQLite: EXTENT="not journey and not sweep".
EXTENT ?= not journey and not slow and not sweep
pytest = pytest -q --durations=5 -n $(WORKERS) --dist loadfile --no-loadscope-reorder --junit-xml=test-results/$@.xml

.PHONY: help setup run test ci lint format types arch test-sqlite test-postgres test-client e2e e2e-postgres test-slow faults wheel messages bench attacks forensics audit bill screenshots

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-15s %s\n", $$1, $$2 }'

setup: ## install everything that tests need, in this folder
	@$(if $(IS_SET_UP),:,deploy/setup test)

run: ## set up, fill a demo, start Andon on http://localhost:8000 (make run PORT=9000 for another)
	@deploy/setup run
	@PORT=$(or $(PORT),8000) deploy/demo

test: setup ## set up and run every ring below, from lint to e2e, with what is slow
	@python3 .ci/rings.py

ci: ## what continuous integration runs (.ci/run): the same as make test
	@.ci/run

lint: setup ## ruff, its formatter, spelling, dependencies that are missing or not needed
	ruff check
	ruff format --check
	codespell
	deptry src

format: setup ## let ruff sort imports and lay out the code
	ruff check --fix
	ruff format

types: setup ## mypy (strict in the kernel and the verifier) and tsc
	mypy
	npm run --silent types

arch: setup ## the floors: who may import whom, what a ballot may be related to, what must be documented
	lint-imports
	$(pytest) -m "$(EXTENT)" tests/architecture

test-client: setup ## the browser code, with Node's own test runner
	npm test --silent

test-sqlite: setup ## all tests but journeys and slow ones, on SQLite
	$(pytest) -m "$(EXTENT)" --ignore=tests/architecture

test-postgres: setup ## the same tests on a real PostgreSQL server
	ANDON_TEST_DATABASE=postgres $(pytest) -m "$(EXTENT)" --ignore=tests/architecture --ignore=tests/kernel --ignore=tests/verifier

# Journeys wait for a browser, a worker or a clock half of the time.
e2e: WORKERS = 4
e2e: setup ## journeys of people through the running service, in Chromium
	$(pytest) -m journey

e2e-postgres: setup ## the journey of a whole round again, on a real PostgreSQL server
	ANDON_TEST_DATABASE=postgres $(pytest) -m journey tests/journeys/test_a_round.py

test-slow: setup ## tests marked slow and whole sweeps by themselves, on SQLite and on PostgreSQL
	$(pytest) -m "slow or sweep"
	ANDON_TEST_DATABASE=postgres $(pytest) -m "slow or sweep"

faults: ## kill, fill, freeze and mislead a running service under load; a table, and failure when anything is lost (KILLS=100 ONLY="full disk")
	@deploy/setup faults
	python -m tests.anomalies.under_load --kills $(or $(KILLS),100) $(if $(ONLY),--only "$(ONLY)") --report "$(REPORT)"
	python -m tests.anomalies.under_load.nowhere

wheel: setup ## build dist/andon-VERSION-py3-none-any.whl with the browser code inside; the same sources give the same bytes
	rm -rf dist
	npm run --silent build
	hatchling build -t wheel -d dist
	uv export --quiet --locked --extra server --no-dev --no-emit-project --no-header --output-file dist/requirements.txt
	cd dist && sha256sum *.whl

messages: setup ## bring the catalogues of src/andon/locale, and the statements of rooms, up to what the sources say; fails while a translation is missing
	python -m tests.languages.statements
	python -m tests.languages.extracting

bench: setup ## measure answers per second; what the numbers mean is in docs/operations
	python bench/ballots.py

attacks: setup ## attack everything that would be published of a simulated organisation, and print what came of it
	python -m tests.attacks $(if $(REPORT),--report)

TEAMS ?= 1000
DATABASES ?= sqlite postgres
forensics: setup ## look for the order of ballots in the files of simulated rounds; TEAMS=5000, DATABASES=sqlite, REPORT=FILE
	python -m tests.forensics.running --teams $(TEAMS) --databases "$(DATABASES)" $(if $(REPORT),--report $(REPORT))

audit: ## let graders look that nobody here wrote, each at planted faults first; a table, and failure (ONLY="wapiti pysa", REPORT=yes)
	@deploy/setup audit
	python -m tests.audit $(if $(ONLY),--only $(ONLY)) $(if $(REPORT),--report)

bill: ## write what is shipped, part by part, as CycloneDX: dist/andon-python.cdx.json and dist/andon-browser.cdx.json
	@deploy/setup audit
	python -m tests.audit.bill dist

screenshots: setup ## take the pictures in docs/images anew
	python -m tests.journeys.screenshots
