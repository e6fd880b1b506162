# The front door. Everything here works on a bare Debian 12 that has only make, git and CA certificates.
.DEFAULT_GOAL := build
SHELL := /bin/bash
JOBS ?= $(shell nproc)
RELEASE := build/release
PYTHON ?= .cache/venv/bin/python

.PHONY: help
help: ## this list
	@grep -hE '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z -]+):.*## /\1\t/' | expand -t 12

.PHONY: setup
setup: ## install what is missing to build
	@tools/setup build

.PHONY: configure
configure: setup
	@test -f $(RELEASE)/build.ninja || cmake --preset release

.PHONY: build
build: configure ## the slipway binary: build/release/bin/slipway
	@ninja -C $(RELEASE) -j $(JOBS) slipway

.PHONY: demo
demo: build ## the main job end to end on real flights
	@tools/setup demo
	@examples/flights/demo.sh

.PHONY: example-xgboost example-catboost
example-xgboost: FILE := xgboost.json
example-catboost: FILE := catboost.cbm
example-xgboost example-catboost: example-%: build venv-boosters ## train it on the flights, seal it with its own answers, score and say how to serve
	@tools/setup demo
	@PYTHON=$(BOOSTERS) examples/flights/booster.sh $* $(FILE)

.PHONY: example-onnx
example-onnx: build .cache/venv-onnx/ready ## the same with a scikit-learn pipeline exported to ONNX
	@tools/setup demo
	@PYTHON=.cache/venv-onnx/bin/python examples/flights/booster.sh onnx flights.onnx

.PHONY: test
test: configure ## build and run all tests
	@tools/setup e2e
	@ninja -C $(RELEASE) -j $(JOBS)
	@cd $(RELEASE) && ctest --output-on-failure -j $(JOBS)

.PHONY: bench
bench: configure ## build and run the benchmarks beside the code
	@ninja -C $(RELEASE) -j $(JOBS) benches
	@for bench in $(RELEASE)/bin/*_bench; do echo "== $$bench"; $$bench || exit 1; done

.PHONY: check
check: ## layers, tidiness, format, clang's thread-safety analysis and clang-tidy
	@tools/setup build check
	@tools/check_layers.py
	@tools/tidy.py
	@tools/static_checks HEAD~1

.PHONY: format
format: ## format all C++ sources
	@tools/setup check
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

ORACLE_SEED ?= $(shell date +%s)
ORACLE_SECONDS ?= 600
BOOSTER_SECONDS ?= $(ORACLE_SECONDS)
CROSS := $(RELEASE)/bin/slipway_cross_test
.PHONY: oracles
oracles: configure venv venv-boosters ## fresh models and rows from LightGBM, scikit-learn, XGBoost and CatBoost against ours
	@python3 tools/oracles/newer.py
	@ninja -C $(RELEASE) -j $(JOBS) slipway_cross_test slipway_arrow_roundtrip
	@$(PYTHON) tests/e2e/arrow/pyarrow_test.py $(RELEASE)/lib/libslipway_arrow_roundtrip.so
	@rm -rf build/oracles
	@$(PYTHON) tools/oracles/lightgbm/make.py --out build/oracles/lightgbm --seed $(ORACLE_SEED)
	@SLIPWAY_LIGHTGBM_GOLDEN=build/oracles/lightgbm $(CROSS) --gtest_filter='LightGbmGolden.*'
	@$(PYTHON) tools/oracles/sklearn/make.py --out build/oracles/sklearn --seed $(ORACLE_SEED) --seconds $(ORACLE_SECONDS)
	@SLIPWAY_SKLEARN_GOLDEN=build/oracles/sklearn $(CROSS) --gtest_filter='SklearnGolden.Answers*'
	@$(BOOSTERS) tools/oracles/xgboost/make.py --out build/oracles/xgboost --seed $(ORACLE_SEED) --seconds $(BOOSTER_SECONDS)
	@SLIPWAY_XGBOOST_GOLDEN=build/oracles/xgboost $(CROSS) --gtest_filter='XgboostGolden.*'
	@$(BOOSTERS) tools/oracles/catboost/make.py --out build/oracles/catboost --seed $(ORACLE_SEED) --seconds $(BOOSTER_SECONDS)
	@SLIPWAY_CATBOOST_GOLDEN=build/oracles/catboost $(CROSS) --gtest_filter='CatBoostGolden.*'
	@$(BOOSTERS) tools/oracles/sklearn/make.py --boosters --out build/oracles/boosters --seed $(ORACLE_SEED) --seconds $(BOOSTER_SECONDS)
	@SLIPWAY_SKLEARN_GOLDEN=build/oracles/boosters $(CROSS) --gtest_filter='SklearnGolden.Answers*'

.PHONY: oracles-onnx
oracles-onnx: configure .cache/venv-onnx/ready ## the same for ONNX: converters' models and random graphs
	@ninja -C $(RELEASE) -j $(JOBS) slipway_cross_test
	@.cache/venv-onnx/bin/python tools/oracles/onnx/make.py --out build/oracles/onnx --seed $(ORACLE_SEED) --random 400 --rows 300
	@SLIPWAY_ONNX_GOLDEN=build/oracles/onnx $(CROSS) --gtest_filter='OnnxGolden.*'
.cache/venv-onnx/ready: tools/oracles/onnx/requirements.txt
	@tools/setup build
	@python3 -m venv .cache/venv-onnx
	@.cache/venv-onnx/bin/python -m pip install --quiet -r $<
	@touch $@

BOOSTERS := .cache/venv-boost/bin/python
.PHONY: venv-boosters
venv-boosters: .cache/venv-boost/ready
.cache/venv-boost/ready: tools/oracles/sklearn/requirements-boosters.txt
	@tools/setup build demo
	@python3 -m venv .cache/venv-boost
	@.cache/venv-boost/bin/python -m pip install --quiet -r $<
	@touch $@

.PHONY: venv
venv: .cache/venv/ready
.cache/venv/ready: examples/flights/requirements.txt
	@tools/setup build
	@python3 -m venv .cache/venv
	@.cache/venv/bin/python -m pip install --quiet -r examples/flights/requirements.txt
	@touch $@

.PHONY: test-aarch64
test-aarch64: ## the engines' tests on 64-bit ARM: a cross compiler, and qemu-user
	@tools/aarch64

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZ_SECONDS (60)
	@tools/setup build check
	@tools/fuzz $${FUZZ_SECONDS:-60}

PEERS := .cache/peers/bin/python
.PHONY: peers
peers: .cache/peers/ready ## the rivals that bench-scoring measures against, pinned
.cache/peers/ready: bench/scoring/requirements.txt
	@tools/setup build demo
	@python3 -m venv .cache/peers
	@.cache/peers/bin/python -m pip install --quiet -r $<
	@touch $@

.PHONY: bench-scoring
bench-scoring: configure peers ## trains real models and times slipway against its rivals on them
	@tools/setup demo
	@ninja -C $(RELEASE) -j $(JOBS) slipway slipway_c_shared
	@OMP_NUM_THREADS=1 $(PEERS) bench/scoring/train.py build/bench
	@python3 bench/scoring/rivals.py build/bench $(RELEASE)/bin/slipway $(PEERS)

SERVERS := .cache/peers-serving/bin/python
.cache/peers-serving/ready: bench/serving/requirements.txt
	@tools/setup build e2e
	@python3 -m venv .cache/peers-serving
	@.cache/peers-serving/bin/python -m pip install --quiet -r $<
	@.cache/peers-serving/bin/python -m pip install --quiet --no-deps mlserver-xgboost==1.7.1
	@touch $@

.PHONY: bench-serving
bench-serving: configure .cache/peers-serving/ready ## slipway serve against FastAPI, MLServer, grpc++ and libevhtp (trains the models of bench-scoring first)
	@tools/setup peers
	@cmake --preset release >/dev/null # sees what was installed since
	@ninja -C $(RELEASE) -j $(JOBS) slipway grpc_peer evhtp_peer pacer
	@[ -e build/bench/A.json ] || { $(MAKE) --no-print-directory peers && OMP_NUM_THREADS=1 $(PEERS) bench/scoring/train.py build/bench; }
	@python3 bench/serving/peers.py build/bench/A.json
	@python3 bench/serving/native_peers.py build/bench/A.json

.PHONY: clean
clean: ## remove what was built; what was fetched stays in .cache
	@rm -rf build
