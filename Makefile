# jazzgen's two commands: `make solo` and `make test`. Everything else is named in `make help`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SEED   ?= 1

.PHONY: help solo sound test lint format types tests docs model band judge benchmark fuzz scale check-daw check-pages check-studio check-live clean

# For `make model`, `make band` and `make judge`: the Weimar Jazz Database, from https://jazzomat.hfm-weimar.de
WJAZZD ?= wjazzd.db

# The rows that `make check-live` measures.
LIVE ?= lateness clock ends --notes 400 --ends 2

help:
	@echo 'make solo       install what playing needs into $(VENV); write take.mid, .wav and .svg (SEED=2: another)'
	@echo 'make sound      install two good SoundFonts (Debian), which are then played with'
	@echo 'make test       install everything, TensorFlow included; run lint, types and tests, count the lines run'
	@echo 'make format     let ruff lay out the code'
	@echo 'make docs       build the documentation site into build/site'
	@echo 'make model      train the shipped improviser again from WJAZZD=wjazzd.db (two hours on two cores)'
	@echo 'make band       train the shipped bassist again from WJAZZD=wjazzd.db (ten minutes on two cores)'
	@echo 'make judge      play takes with it and measure them against people (a quarter of an hour on two cores)'
	@echo 'make benchmark  measure speed and quality against their baselines, write the figures down'
	@echo 'make fuzz       feed every reader hostile files by the thousand (some minutes on two cores)'
	@echo 'make scale      measure time and memory against size, write the figures down (forty minutes)'
	@echo 'make check-daw  install MuseScore, LMMS, abcmidi and FluidSynth (Debian) and open takes in them'
	@echo 'make check-pages  install Chromium and poppler (Debian) and compare the pixels of lead sheets in PDF and SVG'
	@echo 'make check-studio measure the studio and its page in Chromium (ten minutes on two cores)'
	@echo 'make check-live  install jackd (Debian), play sessions over JACK and end them in every way (ten minutes)'
	@echo 'make clean      remove $(VENV) and what the tools left behind'

solo: $(VENV)/.play
	$(BIN)/jazzgen generate-midi --seed $(SEED) -o take.mid
	$(BIN)/jazzgen render take.mid -o take.wav
	$(BIN)/jazzgen plot take.mid -o take.svg

sound: $(VENV)/.play
	$(BIN)/python -m checks.sound

test: lint types tests

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

# One thread a worker for BLAS: two workers on two cores have none to spare. Python counts lines fastest by
# sys.monitoring, which 3.12 brought. Tests start a hundred processes, which need not compile jazzgen each.
# Files are run in the order of tests/conftest.py, the dear ones first.
tests: export OPENBLAS_NUM_THREADS = 1
tests: $(VENV)/.test
	env -u PYTHONDONTWRITEBYTECODE COVERAGE_CORE=$$($(BIN)/python -c 'import sys; print("ctrace" if sys.version_info < (3, 12) else "sysmon")') \
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -q --cov=jazzgen --cov-report= --cov-fail-under=93

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The variable silences a notice of the theme that its successor is Zensical.
docs: $(VENV)/.docs
	$(BIN)/python -m recipes.site build/pages
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Goes on where it was cut off. The weights are written to build/, to be compared before they are shipped.
model: $(VENV)/.test
	mkdir -p build
	$(BIN)/python -m recipes.improviser $(WJAZZD) --all --teachers 3 --resume -o build/untuned.safetensors
	$(BIN)/python -m recipes.octave_views build/untuned.safetensors $(WJAZZD) -o build/hearing.safetensors
	$(BIN)/python -m recipes.units build/hearing.safetensors $(WJAZZD) -o build/planning.safetensors
	$(BIN)/python -m recipes.corrections build/planning.safetensors $(WJAZZD) -o build/corrected.safetensors
	$(BIN)/python -m recipes.tuning build/corrected.safetensors $(WJAZZD) -o build/tuned.safetensors
	$(BIN)/python -m recipes.choosing build/tuned.safetensors $(WJAZZD) -o build/improviser.safetensors

band: $(VENV)/.test
	mkdir -p build
	$(BIN)/python -m recipes.bassist $(WJAZZD) -o build/uncorrected.safetensors
	$(BIN)/python -m recipes.walking_corrections build/uncorrected.safetensors $(WJAZZD) -o build/bassist.safetensors
	$(BIN)/python -m checks.band $(WJAZZD)

judge: $(VENV)/.test
	$(BIN)/python -m checks.judging improviser $(WJAZZD) --critic

# Both write their figures down: docs/figures.json, and from it docs/figures.md. A target that is missed ends either
# with 1; `make -k benchmark scale` makes both all the same.
benchmark: $(VENV)/.test
	$(BIN)/python -m benchmarks --record

fuzz: $(VENV)/.test
	$(BIN)/python -m checks.fuzz --seed $(SEED)

scale: $(VENV)/.test
	$(BIN)/python -m benchmarks --scale --record

check-daw: $(VENV)/.play
	$(BIN)/python -m checks.daws --install

check-pages: $(VENV)/.test
	$(BIN)/python -m checks.pages --install

check-studio: $(VENV)/.test
	$(BIN)/python -m checks.studio
	$(BIN)/python -m checks.studio_page

check-live: $(VENV)/.test
	$(BIN)/python -m checks.live $(LIVE) --install

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "jazzgen needs Python 3.11 or newer, received %d.%d" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.play: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[audio]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,test]'
	@touch $@ $(VENV)/.play

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
