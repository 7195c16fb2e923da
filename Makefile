# Martlet's commands. `make` alone lists them; the text after `##` is each target's purpose.

SWIFT := swift
STRICT := --explicit-target-dependency-import-check error
SOURCES := Package.swift Sources Backends Benchmarks Tests
MARTLET := .build/release/martlet
VENV := .build/interop-venv
PINS := Tests/Interop/requirements.txt Tests/Interop/constraints.txt
VENV_MASKS := .build/masks-venv
PINS_MASKS := Tests/Masks/requirements.txt Tests/Masks/constraints.txt
VENV_BENCH_MASKS := .build/bench-masks-venv
PINS_BENCH_MASKS := Benchmarks/masks/requirements.txt
VENV_ALL := .build/interop-all-venv
PINS_ALL := Tests/Interop/all/requirements.txt Tests/Interop/all/constraints.txt
VENV_AIDER := .build/interop-aider-venv
PINS_AIDER := Tests/Interop/all/aider.txt
VENV_TRAIN := .build/train-venv
TRAINING := Backends/Toy/Training
PINS_TRAIN := $(TRAINING)/requirements.txt
AGENTS := .build/agents
PINS_AGENTS := $(TRAINING)/evaluation/agents.txt
BENCH := .build/bench
SUBJECT = $(if $(URL),--url $(URL),--martlet $(MARTLET) $(if $(TOY),--model $(TOY)))
MINUTES ?= 100
WEIGHTS ?= f32
THREADS ?= 1
PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help setup build run test lint format interop interop-gateway interop-all masks masks-all examples bench-engine bench-server bench-client bench-wire bench-features bench-apis bench-fairness bench-masks bench-gateway wire train train-test toy-eval toy-eval-quick toy-eval-agents docs install clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what Swift does not include: libuv, libcurl, libedit, pkg-config, Python's venv
	@.ci/setup

build: setup ## build the release binary, .build/release/martlet
	$(SWIFT) build -c release --product martlet $(STRICT)

run: build ## serve the embedded toy on 127.0.0.1:8080 (make run PORT=9000 ARGS="--loops 2")
	$(MARTLET) serve $(if $(PORT),--port $(PORT)) $(ARGS)

# Pure suites run in parallel, the others one after the other: many of them run a server and its clients, and on a small
# machine tests that compute would delay tests that wait.
test: setup ## build and run the tests (make test ARGS="--filter Help")
	@.ci/test $(STRICT) -- $(ARGS)

lint: setup ## check the tree against the formatter and the laws of the house
	@.ci/lint --self-test
	@.ci/test --self-test
	@Tests/Wire/self_test.py
	@.ci/lint

format: ## format the code as lint requires
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

interop: build $(VENV)/pinned ## test official clients (openai, anthropic, ollama, agents of OpenAI and Microsoft, LangChain, Pydantic AI, …) against the server, and MartletClient through nginx
	@.ci/setup nginx
	$(SWIFT) build -c release --product InteropClient $(STRICT)
	$(VENV)/bin/python -B -m pytest Tests/Interop --ignore Tests/Interop/all

interop-gateway: build $(VENV)/pinned ## run these clients with a gateway in front of the server
	@.ci/setup nginx
	$(SWIFT) build -c release --product InteropClient $(STRICT)
	$(VENV)/bin/python -B -m pytest Tests/Interop --gateway --ignore Tests/Interop/all \
		--ignore-glob 'Tests/Interop/test_gateway*.py' $(ARGS)

interop-all: interop $(VENV_ALL)/pinned $(VENV_AIDER)/pinned ## the same with large clients (LiteLLM, LlamaIndex, instructor, mem0, aider, lm_eval with torch: gigabytes to install)
	AIDER=$(CURDIR)/$(VENV_AIDER)/bin/aider $(VENV_ALL)/bin/python -B -m pytest -s Tests/Interop/all $(ARGS)

masks: build $(VENV_MASKS)/pinned ## compare constraints with llguidance and jsonschema on two texts of some 600 schemas, and generate
	$(SWIFT) build -c release --product ConstraintProbe $(STRICT)
	$(VENV_MASKS)/bin/python -B -m pytest Tests/Masks --seeds 1 --texts 2 $(ARGS)

masks-all: ## the same on twenty texts of some 1,700 schemas (a quarter of an hour)
	@$(MAKE) --no-print-directory masks ARGS="--seeds 3 --texts 20 $(ARGS)"

bench-wire: ## measure the processor time of a request and of a token with two binaries (make bench-wire OLD=path NEW=path)
	@.ci/setup wrk
	@Benchmarks/server/bench.py $(OLD) $(or $(NEW),$(MARTLET)) $(ARGS)

bench-features: ## measure what keys, log, metrics and events cost a request
	@.ci/setup wrk
	$(SWIFT) build -c release --product BenchServer $(STRICT)
	@Benchmarks/server/features.py .build/release/BenchServer $(ARGS)

bench-apis: ## measure what a streamed token costs in each API
	@.ci/setup wrk
	$(SWIFT) build -c release --product BenchServer $(STRICT)
	@Benchmarks/server/apis.py .build/release/BenchServer $(ARGS)

bench-fairness: build ## measure what a noisy user costs a quiet one, with a scripted backend and the engine
	$(SWIFT) build -c release --product BenchServer $(STRICT)
	@Benchmarks/fairness/bench.py .build/release/BenchServer $(MARTLET) $(ARGS)

bench-masks: $(VENV_BENCH_MASKS)/pinned ## measure compiling constraints and masks, beside llguidance and XGrammar
	$(SWIFT) build -c release --product ConstraintProbe $(STRICT)
	$(VENV_BENCH_MASKS)/bin/python -B Benchmarks/masks/bench.py .build/release/ConstraintProbe $(ARGS)

bench-gateway: ## measure what the gateway costs, beside nginx, and with ARGS="--litellm PROGRAM" beside LiteLLM
	@.ci/setup nginx wrk
	$(SWIFT) build -c release --product BenchServer $(STRICT)
	$(SWIFT) build -c release --product martlet $(STRICT)
	@Benchmarks/gateway/bench.py .build/release/martlet .build/release/BenchServer $(ARGS)

wire: ## compare the responses of two binaries to some 2,300 requests, byte for byte (make wire OLD=path NEW=path)
	@Tests/Wire/self_test.py
	@Tests/Wire/replay.py $(OLD) $(or $(NEW),$(MARTLET))

train: $(VENV_TRAIN)/pinned ## train a toy in .build/train, or continue (make train TOY=folder MINUTES=15 ARGS="--threads 1")
	$(VENV_TRAIN)/bin/python -B $(TRAINING)/train.py $(or $(TOY),.build/train) --minutes $(MINUTES) $(ARGS)

train-test: $(VENV_TRAIN)/pinned ## test the corpus, the template, the tokenizer, the resumption and the evaluation
	cd $(TRAINING) && $(CURDIR)/$(VENV_TRAIN)/bin/python -B -m unittest discover -t . -s tests $(ARGS)

toy-eval: build ## measure the toy by the rows of its card (make toy-eval TOY=folder ARGS="--card Backends/Toy/README.md")
	@python3 -B $(TRAINING)/evaluate.py $(SUBJECT) $(ARGS)

toy-eval-quick: ## the same with 40 prompts a row, beside the card
	@$(MAKE) --no-print-directory toy-eval ARGS="--quick --floor $(TRAINING)/../README.md $(ARGS)"

toy-eval-agents: build $(AGENTS)/pinned ## measure known skills behind the prompts of agent frameworks
	@python3 -B $(TRAINING)/evaluate_agents.py $(AGENTS) $(SUBJECT) $(ARGS)

examples: setup ## build and test the examples: recipes, a chatbot, the README's backend
	@.ci/setup sqlite3
	$(SWIFT) test --package-path Tests/Examples --no-parallel

bench-engine: $(BENCH)/made ## measure the model's speed, beside transformers and (LLAMA_CPP=its programs) llama.cpp
	$(SWIFT) build -c release --product EngineBench
	LLAMA_CPP=$(LLAMA_CPP) $(BENCH)/venv/bin/python Benchmarks/engine/bench.py $(BENCH) .build/release/EngineBench

bench-server: build $(BENCH)/made ## measure the cost of HTTP beside the engine alone, and the time to the first token under load
	$(SWIFT) build -c release --product EngineBench
	$(BENCH)/venv/bin/python Benchmarks/engine/server.py $(BENCH) $(MARTLET) .build/release/EngineBench \
		--weights $(WEIGHTS) --threads $(THREADS)

bench-client: setup $(VENV)/pinned ## measure the processor time of a received token, beside async-http-client and openai for Python
	$(SWIFT) build --package-path Benchmarks/client -c release
	$(VENV)/bin/python Benchmarks/client/bench.py Benchmarks/client/.build/release

# The parameter tables in docs/compatibility.md are generated from the code; a test compares them.
docs: setup ## generate the tables of docs/compatibility.md, the plot of docs/gateway.md, and the DocC reference in .build/docs; a warning is an error
	MARTLET_WRITE_DOCS=1 .ci/test $(STRICT) -- --filter "CompatibilityTests|RoutingSimulationTests"
	@.ci/docs

install: build ## install the command in PREFIX/bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(MARTLET) $(DESTDIR)$(PREFIX)/bin/martlet

clean: ## remove everything that was built, downloaded or rendered
	rm -rf .build Tests/Examples/.build Benchmarks/client/.build

# Rebuilt only when a pinned version changes. The stamp is written last, so that an incomplete download does not count.
$(VENV)/pinned: $(PINS) | setup
	rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/Interop/requirements.txt
	touch $@

$(VENV_MASKS)/pinned: $(PINS_MASKS) | setup
	rm -rf $(VENV_MASKS)
	python3 -m venv $(VENV_MASKS)
	$(VENV_MASKS)/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/Masks/requirements.txt
	touch $@

$(VENV_BENCH_MASKS)/pinned: $(PINS_BENCH_MASKS) | setup
	rm -rf $(VENV_BENCH_MASKS)
	python3 -m venv $(VENV_BENCH_MASKS)
	$(VENV_BENCH_MASKS)/bin/python -m pip install --quiet --disable-pip-version-check -r $(PINS_BENCH_MASKS)
	touch $@

$(VENV_TRAIN)/pinned: $(PINS_TRAIN)
	rm -rf $(VENV_TRAIN)
	python3 -m venv $(VENV_TRAIN)
	$(VENV_TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -r $(PINS_TRAIN)
	touch $@

# Only their texts are read, so what they depend on is not installed.
$(AGENTS)/pinned: $(PINS_AGENTS) | $(VENV_TRAIN)/pinned
	rm -rf $(AGENTS)
	$(VENV_TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(AGENTS) -r $(PINS_AGENTS)
	touch $@

$(BENCH)/made: Benchmarks/engine/requirements.txt Benchmarks/engine/make_model.py | setup
	rm -rf $(BENCH)
	python3 -m venv $(BENCH)/venv
	$(BENCH)/venv/bin/python -m pip install --quiet --disable-pip-version-check -r Benchmarks/engine/requirements.txt
	$(BENCH)/venv/bin/python Benchmarks/engine/make_model.py $(BENCH)
	touch $@

$(VENV_ALL)/pinned: $(PINS_ALL) | setup
	rm -rf $(VENV_ALL)
	python3 -m venv $(VENV_ALL)
	$(VENV_ALL)/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/Interop/all/requirements.txt
	touch $@

$(VENV_AIDER)/pinned: $(PINS_AIDER) | setup
	rm -rf $(VENV_AIDER)
	python3 -m venv $(VENV_AIDER)
	$(VENV_AIDER)/bin/python -m pip install --quiet --disable-pip-version-check -r $(PINS_AIDER)
	touch $@
