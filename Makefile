# `make run` shows the product at work; `make test` runs every test. `make help` lists the rest.
# On Debian and its relatives both install what is missing; Swift 6.3 is expected to be there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# Two compilers at once fit into 8 GB; say JOBS=8 on a larger machine.
JOBS ?= 2
PREFIX ?= /usr/local
# More for `make run`, such as ARGS="--seed 3" or ARGS="--clean".
ARGS ?=
# Data of other projects' test suites, read by the tests that score against them.
CONFORMANCE ?= ../shared/conformance

SWIFT := swift
RELEASE := .build/release/plimsoll
SWIFT_FOLDERS := Package.swift Sources Tests

BUILD_PACKAGES := libsqlite3-dev liblz4-dev zlib1g-dev libsnappy-dev libre2-dev libxxhash-dev \
  libzstd-dev
# promtool comes with prometheus; chromium looks at the page; strace kills at a system call.
TEST_PACKAGES := prometheus chromium curl python3 strace
# These start programs and wait for them; run beside the tests of the rooms they would wait for turns.
PROGRAM_TESTS := RunningTests|ConformanceTests

# Installs those packages of $(1) that are missing, asking nothing. RUNLEVEL=1 and the last line
# keep a package that brings a service from leaving it running.
define install
	@missing=$$(for name in $(1); do \
	  dpkg-query -W -f='$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || echo $$name; \
	done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  echo "not a Debian machine: please install the counterparts of" $$missing; exit 0; \
	fi; \
	echo "installing" $$missing; \
	root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get update -qq; \
	$$root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
	  apt-get install -y -qq --no-install-recommends $$missing </dev/null >/dev/null; \
	case "$$missing" in *prometheus*) \
	  if [ -d /run/systemd/system ]; then \
	    $$root systemctl disable --now prometheus >/dev/null 2>&1 || true; \
	  fi;; \
	esac
endef

.PHONY: build release bench run test test-power lint format install clean conformance help packages test-packages

build: packages ## build for debugging (default)
	$(SWIFT) build -j $(JOBS)

release: packages ## build what is shipped: one file that needs no Swift, .build/release/plimsoll
	$(SWIFT) build -c release --static-swift-stdlib -j $(JOBS) --product plimsoll

bench: packages ## measure (ARGS="run logs"; see docs/bench.md)
	$(SWIFT) build -c release --static-swift-stdlib -j $(JOBS)
	.build/release/bench $(or $(ARGS),all)

run: release ## serve a fleet whose release goes wrong, and say where to look (ARGS="--seed 3")
	exec $(RELEASE) demo $(ARGS)

test: packages test-packages ## run every test
	$(SWIFT) build --build-tests -j $(JOBS)
	$(SWIFT) test --skip-build --parallel --skip '$(PROGRAM_TESTS)'
	$(SWIFT) test --skip-build --parallel --filter '$(PROGRAM_TESTS)'

conformance: packages ## run the tests that score against other projects' suites
	PLIMSOLL_CONFORMANCE="$(abspath $(CONFORMANCE))" \
	  $(SWIFT) test -j $(JOBS) --parallel --filter Conformance

test-power: release ## cut the power 25 times under load (needs root and loop mounts)
	$(call install,e2fsprogs gcc python3)
	python3 power/power_cuts.py $(RELEASE) $(ARGS)

lint: ## check the format of every Swift file
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FOLDERS)

format: ## format every Swift file in place
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FOLDERS)

install: release ## install the program below PREFIX (/usr/local)
	install -D -m 755 $(RELEASE) "$(DESTDIR)$(PREFIX)/bin/plimsoll"

clean: ## remove what was built
	rm -rf .build

packages: ## install the C libraries that the build needs
	$(call install,$(BUILD_PACKAGES))

test-packages: ## install the programs that only tests need
	$(call install,$(TEST_PACKAGES))

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 16
