# `make` lists what there is. Every target first sets up what it needs and is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)

# Tools of exactly the versions this repository needs stand before the user's own:
# cargo-leptos takes whatever wasm-bindgen and wasm-opt come first.
export WSMON_TOOLS := $(or $(WSMON_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/websocket-monitor/tools)
export PATH := $(WSMON_TOOLS)/bin:$(CURDIR)/end2end/node_modules/.bin:$(PATH)

# Compiled into leptos itself: unset for one step only, half the dependencies are built again.
export LEPTOS_OUTPUT_NAME := websocket-monitor

# Called as a program, not as `cargo leptos`: cargo may look in its own bin directory first.
LEPTOS := cargo-leptos

# When the release was built; and whether a development build has taken its site's place since,
# which holds nothing compressed.
RELEASE := $(TARGET)/release/.built
SITE_MISSING := $(if $(wildcard target/site/pkg/*.wasm.br),,missing)

.PHONY: missing help run watch test fresh soak bench bench-micro bench-storm build dist check-dist size screenshots setup-run setup-test

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build the release and serve http://127.0.0.1:3000 with sample feeds
	@$(TARGET)/release/websocket-monitor --demo

# cargo-leptos puts hashes into names only once, so that a browser would go on with the first WASM.
watch: setup-run ## the same from a development build that follows your edits
	@LEPTOS_HASH_FILES=false WSMON_DEMO=true $(LEPTOS) watch

test: setup-test ## everything: format, lints, Rust tests, browser tests
	@scripts/test

fresh: ## `make test`, `make run` and `make check-dist` in a pristine Debian, as root; an hour on 2 cores
	@scripts/fresh

# With the flags of scripts/test, so that nothing is built for this alone.
soak: export RUSTFLAGS := $(RUSTFLAGS) --cfg erase_components
soak: ## the long runs, for a machine that does nothing else: names, logins, storms, kills, rotations
	@WSMON_SOAK=1000000 cargo test --features ssr --lib no_name_leaves_the_base
	@WSMON_SOAK=1 cargo test --features ssr --test timing -- --nocapture
	@WSMON_SOAK=1 cargo test --features ssr --test durability -- --nocapture
	@WSMON_SOAK=1 cargo test --features ssr --test faults rotation_feed -- --nocapture
	@WSMON_SOAK=1000 cargo test --features ssr --test simulation -- --nocapture

comma := ,

bench: build ## measure the release: memory, CPU, times; ONLY=memory,connect for some of it, ONLY=readme for README's table
	@cargo run --release --quiet -p wsmon-bench --bin bench-whole -- $(subst $(comma), ,$(ONLY))

bench-micro: build ## time the parts with criterion: policy, machine, breaker, list, page, metrics; ONLY=list for one
	@cargo bench --quiet -p wsmon-bench --bench micro -- $(ONLY)

bench-storm: build ## 10,000 connections dropped at once; fails when they come back too hard or too late
	@ulimit -n "$$(ulimit -Hn)" && cargo run --release --quiet -p wsmon-bench --bin bench-storm

build: $(RELEASE) ## build the release, site precompressed

# cargo-leptos makes and compresses the site anew even when nothing has changed, so make decides.
$(RELEASE): $(shell find src crates style public -type f) Cargo.toml Cargo.lock Leptos.toml $(SITE_MISSING) | setup-run
	@$(LEPTOS) build --release --precompress
	@touch $@

dist: build ## one executable with the site inside, in dist/
	@scripts/dist build

check-dist: setup-test dist ## the same, tried in a browser from an empty directory
	@scripts/dist check

size: build ## what a browser downloads (Brotli); fails when it grows past the budget
	@scripts/size

screenshots: setup-test ## pictures of every screen, in target/screenshots
	@$(LEPTOS) build
	@cd end2end && playwright test --config screenshots.config.ts

setup-run: ## set up what building needs
	@scripts/setup run

setup-test: ## set up what testing needs as well: a browser, cargo-deny, servers to test against
	@scripts/setup test
