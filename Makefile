# What can be done with this tree: `make help`. Everything happens inside .venv, from hashed locks.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PACKAGES := ledger consensus contracts api cli
CODE := $(wildcard $(PACKAGES) bidwitness tests bench)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# In an intranet the wheels come from the folder that `make wheelhouse` filled elsewhere.
FROM := $(if $(wildcard wheelhouse),--no-index --find-links wheelhouse)

# Each node and each command is a process, and starts a third sooner with compiled modules at hand.
unexport PYTHONDONTWRITEBYTECODE

# A tree that was moved, or whose Python is gone, has a .venv that points nowhere: start it again.
PLACE := $(shell .venv/bin/python -c pass 2>/dev/null && cat .venv/.place 2>/dev/null)
ifneq ($(PLACE),$(CURDIR))
$(shell rm -f .venv/.made .venv/.runtime .venv/.package .venv/.dev)
endif

.PHONY: help venv demo test campaigns browser check format simulate scenarios mutants twins failpoints nemesis day reseat byzantine flood load fuzz fuzz-api bench pictures lock wheelhouse clean questions

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

venv: .venv/.dev ## Make .venv with everything needed to work on the code
	@echo ".venv 已就绪 / is ready"

.venv/.made:
	@python="$$(tools/find-python)"; \
	echo "正在创建 .venv … / Making .venv with $$python"; \
	rm -rf .venv; "$$python" -m venv .venv; printf '%s' "$$PWD" > .venv/.place; touch $@

.venv/.runtime: .venv/.made requirements/runtime.txt
	@echo "正在安装依赖（约一分钟）… / Installing dependencies (about a minute)"
	@$(PIP) install --quiet --require-hashes $(FROM) -r requirements/runtime.txt \
	    || tools/explain-install
	@touch $@

.venv/.package: .venv/.runtime pyproject.toml
	@$(PIP) install --quiet --no-index --no-deps --no-build-isolation --editable . \
	    || tools/explain-install
	@touch $@

.venv/.dev: .venv/.package requirements/dev.txt
	@echo "正在安装开发工具 … / Installing development tools"
	@$(PIP) install --quiet --require-hashes $(FROM) -r requirements/dev.txt \
	    || tools/explain-install
	@touch $@

demo: .venv/.package ## Play the whole story on four nodes (ONCE=1 stops at the end; OCDS=file; STORY=name; VARIANT=name)
	@$(BIN)/bidwitness demo $(if $(OCDS),--ocds "$(OCDS)")

test: .venv/.dev ## Run all tests; REQUIRE_ALL=1 makes a skipped test a failure
	@$(BIN)/pytest -q -n auto --dist worksteal $(ARGS)

campaigns: .venv/.dev ## Run the tests of which `make test` takes a part: all mutants, all ends of the story
	@CAMPAIGNS=1 $(BIN)/pytest -q -n auto --dist worksteal -m campaign $(ARGS)

browser: .venv/.dev ## Look at the pages in a real browser (needs chromium and a CJK font)
	@$(BIN)/pytest -q -n 0 tests/browser $(ARGS)

check: .venv/.dev ## Formatting, lint, types, layers and tidiness; all of them, even when one fails
	@failed=0; \
	step() { echo "$$1"; shift; "$$@" || failed=1; }; \
	step format $(BIN)/ruff format --quiet --check --diff $(CODE); \
	step lint $(BIN)/ruff check --quiet $(CODE); \
	step types $(BIN)/mypy --no-error-summary $(CODE); \
	step layers tools/check-layers; \
	step tidy $(BIN)/pytest -q --no-header tests/test_tidy.py tests/javascript/test_tidy.py; \
	exit $$failed

format: .venv/.dev ## Put the code in its one format and mend what can be mended safely
	@$(BIN)/ruff check --quiet --fix $(CODE) || true
	@$(BIN)/ruff format $(CODE)

simulate: .venv/.dev ## Search for a seed that breaks consensus (SEEDS=5000 FROM_SEED=0 NODES=4|7 JOBS=2; CHANGES=1: committees that change)
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),5000) --from $(or $(FROM_SEED),0) \
	    $(if $(CHANGES),--changes) $(if $(NODES),--nodes $(NODES)) $(if $(JOBS),--jobs $(JOBS))

scenarios: .venv/.dev ## Play the directed scenarios of every known pitfall (UPDATE=1 writes them anew)
	@$(BIN)/python -m tests.scenarios $(if $(UPDATE),--update) $(NAMES)

mutants: .venv/.dev ## Take rules away one by one and see which test misses each (ONLY=word)
	@$(BIN)/python -m tests.mutants $(ONLY)

twins: .venv/.dev ## Play every scenario of two copies of a node with one key (EVERY=1, JOBS=2)
	@$(BIN)/python -m tests.twins --every $(or $(EVERY),1) $(if $(JOBS),--jobs $(JOBS))

failpoints: .venv/.dev ## Kill a real node between every two steps on its disk (STORY=name, PART=1/3)
	@$(BIN)/python -m tests.failpoints $(if $(STORY),--story $(STORY)) $(if $(PART),--part $(PART))

nemesis: .venv/.dev ## Kill, cut off, freeze and starve real nodes, and hold them to their word (MINUTES=10, NODES=4|7, SEED=7, PICTURE=file)
	@$(BIN)/python -m tests.network.nemesis --minutes $(or $(MINUTES),10) --nodes $(or $(NODES),4) \
	    $(if $(SEED),--seed $(SEED)) $(if $(PICTURE),--picture $(PICTURE)) $(ARGS)

day: .venv/.dev ## A million records, compactions, copies put back and restarts beside faults (MINUTES=10, RECORDS=10000000, SEED=7, PICTURE=file, JSON=file)
	@$(BIN)/python -m tests.network.day --minutes $(or $(MINUTES),10) --records $(or $(RECORDS),1000000) \
	    $(if $(SEED),--seed $(SEED)) $(if $(PICTURE),--picture $(PICTURE)) $(if $(JSON),--json $(JSON)) $(ARGS)

reseat: .venv/.dev ## Replace a whole committee on real processes, under load and kills (MINUTES=2, SEED=7)
	@$(BIN)/python -m tests.network.reseating --minutes $(or $(MINUTES),2) $(if $(SEED),--seed $(SEED))

byzantine: .venv/.dev ## Play a real node that lies among three honest ones, in each way (HABIT=two-votes, LASTS=15, SEED=7)
	@$(BIN)/python -m tests.network.byzantine --seconds $(or $(LASTS),15) \
	    $(if $(HABIT),--habit $(HABIT)) $(if $(SEED),--seed $(SEED))

flood: .venv/.dev ## Attack a real node from outside, in each way, and time its honest clients (SECONDS=60, HOSTILITY=name, JSON=file)
	@$(BIN)/python -m tests.network.flood --seconds $(or $(SECONDS),60) \
	    $(if $(HOSTILITY),--hostility $(HOSTILITY)) $(if $(JSON),--json $(JSON))

load: .venv/.dev ## Mixed load on four real nodes that are killed, every answer held to the log (MINUTES=2, SEED=7)
	@$(BIN)/python -m tests.network.load --minutes $(or $(MINUTES),2) $(if $(SEED),--seed $(SEED))

fuzz: .venv/.dev ## Search every decoder for crashes, guided by coverage (MINUTES=10, ONLY="name …", SEED=7, JOBS=2, KEEP=1, REACH=1)
	@$(BIN)/python -m tests.fuzzing --minutes $(or $(MINUTES),10) --jobs $(or $(JOBS),2) \
	    $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) $(if $(KEEP),--keep) \
	    $(if $(REACH),--reach) $(ARGS)

fuzz-api: .venv/.dev ## Ask a node all that its OpenAPI description allows and forbids (EXAMPLES=100, SEED=7)
	@$(BIN)/python -m tests.api.fuzzing --examples $(or $(EXAMPLES),100) $(if $(SEED),--seed $(SEED))

bench: .venv/.dev ## Measure what is promised of speed beside its targets (QUICK=1: small, not judged; ONLY=a,b; SECONDS_EACH=60)
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
	    --seconds $(or $(SECONDS_EACH),60) $(ARGS)

questions: .venv/.dev ## Ask LevelDB and PostgreSQL the same of a million records, and time it (COUNT=1000000, ROUNDS=200)
	@$(BIN)/python -m bench.index --count $(or $(COUNT),1000 1000000) --rounds $(or $(ROUNDS),200) \
	    --walk $(ARGS)

pictures: .venv/.dev ## Photograph the pages anew for docs/zh (needs chromium and a CJK font)
	@$(BIN)/python -m tests.pictures $(ARGS)

lock: .venv/.dev ## Pin the newest versions with the hashes of all their wheels, for 3.11 and 3.12
	@$(BIN)/uv pip compile --quiet --no-header --upgrade --universal --python-version 3.11 \
	    --generate-hashes --group setup -o requirements/runtime.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet --no-header --upgrade --universal --python-version 3.11 \
	    --generate-hashes --group setup --group dev -c requirements/runtime.txt \
	    -o requirements/dev.txt pyproject.toml

wheelhouse: .venv/.made ## Download every pinned wheel for this Python, for machines without internet
	@echo "正在下载全部依赖到 wheelhouse/ … / Downloading every dependency to wheelhouse/"
	@$(PIP) download --quiet --require-hashes --no-deps -d wheelhouse.part -r requirements/dev.txt
	@rm -rf wheelhouse; mv wheelhouse.part wheelhouse
	@echo "$$(ls wheelhouse | wc -l) 个文件 / files, $$(du -sh wheelhouse | cut -f1)"

clean: ## Remove what was made here, .venv and demo-data included; wheelhouse stays
	rm -rf .venv build dist demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find $(PACKAGES) tests bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
