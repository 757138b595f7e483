# Every target installs and starts what it needs; none of them needs an account.
SHELL := /bin/sh
PYTHON3 ?= python3
VENV := .venv
PYTHON := $(VENV)/bin/python
PULUMI := $(VENV)/bin/pulumi
DENO := DENO_NO_UPDATE_CHECK=1 ../$(VENV)/bin/deno
EDGE := --quiet --config sandbox/edge/deno.json sandbox/edge
STATE := .sandbox/state/.pulumi/stacks/voip-accelerator-infra
STACKS := production staging
BENCHES := commands parts engine gap seeded lookups webhooks deployments histories kills stripe_kills walk rollout phase_kills

.PHONY: preview compare test check format setup sandbox started sandbox-stop sandbox-reset printed documents pictures gap bench clean

preview: $(STACKS:%=$(STATE)/%.json) ## Show what production lacks
	@$(PULUMI) preview --stack production

compare: started ## Hold production against staging, in compared/
	@$(PYTHON) -m operations compare production staging --access

# More than there are processors on most runners: tests wait for servers and commands much of their time.
test: check ## Everything that is checked
	@$(PYTHON) -m pytest -n 3 --dist worksteal tests

check: $(VENV)/.dev ## Types, lint and format
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy engine provider resources components comparison sandbox operations bench sql settings.py __main__.py tests
	@cd functions && $(DENO) check --quiet --frozen . && $(DENO) lint --quiet && $(DENO) fmt --quiet --check
	@$(VENV)/bin/deno check $(EDGE) && $(VENV)/bin/deno lint $(EDGE) && $(VENV)/bin/deno fmt --check $(EDGE)

format: $(VENV)/.dev
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .
	@cd functions && $(DENO) fmt --quiet
	@$(VENV)/bin/deno fmt $(EDGE)

setup: $(VENV)/.runtime

sandbox: $(VENV)/.edge started ## Start the sandbox, with its functions served

started: $(VENV)/.runtime
	@$(PYTHON) -m sandbox start

sandbox-stop: $(VENV)/.runtime
	@$(PYTHON) -m sandbox stop

sandbox-reset: $(VENV)/.runtime
	@$(PYTHON) -m sandbox reset

printed: started $(VENV)/.dev ## Make sql/printed.json anew
	@$(PYTHON) -m operations printed

bench: $(VENV)/.dev started ## Measure everything, for hours, and tell it in docs/benchmarks.md
	@for each in $(BENCHES); do $(PYTHON) -m bench.$$each || exit 1; done
	@$(PYTHON) -m operations documents

documents: $(VENV)/.dev ## Make the documents that are made of data and code
	@cd functions && $(DENO) run --no-check --frozen --allow-read=. --allow-env --allow-write=../docs/openapi.json \
		_tools/openapi.ts
	@$(PYTHON) -m operations documents

pictures: preview compare $(VENV)/.dev ## Take the README's pictures anew
	@$(PYTHON) -m tests.pictures

$(STATE)/%.json: | started
	@$(PYTHON) -m operations adopt --stack $*

$(VENV)/.runtime: requirements.txt
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON3) is older than Python 3.11; name a newer one: make PYTHON3=python3.12" >&2; exit 1; }
	@test -x $(PYTHON) || { echo "Installing into $(VENV) …"; $(PYTHON3) -m venv $(VENV); }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@ln -sf ../../engine/pulumi $(VENV)/bin/pulumi
	@touch $@

# A preview needs no Deno, and there is none on PyPI for musl: all else goes on without one.
$(VENV)/.edge: requirements-edge.txt $(VENV)/.runtime
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r $< \
		&& touch $@ || echo "No Deno: functions are not served. Install one and name it in SANDBOX_DENO." >&2

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
