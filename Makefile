# What a person needs in this checkout. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# One thing after another: each of these fills the machine by itself.
.NOTPARALLEL:
# A toolchain that rustup has just installed works without opening another shell.
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: help demo test bench check clippy fmt

help: ## this list
	@echo "Brama: digital-signature login. What make can do here:"
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: ## a whole login on this machine: CA, cards, agent, gateway, portal
	@bash tests/setup.sh demo
	@echo "Building (the first time takes a few minutes)"
	@cargo build --locked --bins --example brama-demo
	@exec "$${CARGO_TARGET_DIR:-target}/debug/examples/brama-demo" up

test: ## everything that must hold, from formatting to a login in a real browser
	@exec bash tests/all.sh

bench: ## logins per second per core, and what a login cannot do without
	@bash tests/setup.sh bench
	@cargo bench --locked --bench login

check: ## fast: formatting, lints, the core alone
	@exec bash tests/all.sh quick

clippy: ## lints only
	@cargo clippy --locked --all-targets -- -D warnings

fmt: ## format the sources
	@cargo fmt
