# Everything runs in .venv, which the first command makes; later ones skip what is installed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/installed
# Each module is compiled once, when it is first imported: many processes import the same ones.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo run test prove bench lint lock browser
help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Run the whole main job on the built-in sandbox; mails land in var/demo
	@$(BIN)/anbudsvakt demo

run: $(STAMP) .env ## Serve for real on this machine: pages, clock and worker (needs a relay in .env)
	@$(BIN)/anbudsvakt run

.env:
	@sed "s|^ANBUDSVAKT_SECRET_KEY=.*|ANBUDSVAKT_SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(48))')|" .env.example > .env
	@echo "wrote .env with a fresh secret key; fill in the rest"

test: $(STAMP) browser ## Run every test but the long ones
	@$(BIN)/python -m pytest -n 2 --dist worksteal

prove: $(STAMP) browser ## Run the long chaos, fuzz and load tests
	@$(BIN)/python -m pytest -m prove -s --timeout=1800

bench: $(STAMP) ## Run the benchmarks, each against a peer in the same run
	@$(BIN)/python -m benchmarks

lint: $(STAMP) ## Check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

lock: ## Write requirements.lock anew from pyproject.toml
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev,eval]' setuptools
	@( echo "# Exact versions; made by 'make lock' from pyproject.toml. torch's build differs by machine, so it has no hash."; \
	   .venv-lock/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed -E 's/\+cpu$$//' ) > requirements.lock
	@rm -rf .venv-lock

# Browser tests need a Chromium; where apt and root allow it is installed, else those tests skip and say why.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  ( apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core ) >/dev/null 2>&1 \
	  || echo "no Chromium here: browser tests will skip"; }
