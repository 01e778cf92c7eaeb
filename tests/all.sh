#!/usr/bin/env bash
# Everything that must hold, stage by stage, each with its time. The first failure ends the run.
#
#   tests/all.sh [quick]      quick: formatting, lints and the core alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# No stage may wait for somebody to type.
exec </dev/null

stage() {
    local title=$1 begun=$SECONDS
    shift
    printf '\n== %s\n' "$title"
    if ! "$@"; then
        printf '== %s: FAILED after %d s\n' "$title" $((SECONDS - begun)) >&2
        exit 1
    fi
    printf '== %s: %d s\n' "$title" $((SECONDS - begun))
}

tests() {
    # Each entry of Cargo.toml but the system tests, which have a stage of their own.
    local name arguments=()
    while read -r name; do
        [[ $name == system ]] || arguments+=(--test "$name")
    done < <(sed -n '/^\[\[test\]\]/,/^$/ s/^name = "\(.*\)"/\1/p' Cargo.toml)
    cargo test --locked --lib --bins --examples "${arguments[@]}"
}

documentation() { RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --lib; }

if [[ ${1:-} == quick ]]; then purpose=bench; else purpose=test; fi
stage "setup" bash tests/setup.sh "$purpose"
stage "format" cargo fmt --check
stage "lints" cargo clippy --locked --all-targets -- -D warnings
stage "core without features" cargo check --locked --no-default-features --lib
if [[ ${1:-} != quick ]]; then
    stage "build" cargo build --locked --all-targets
    stage "unit and integration tests" tests
    stage "documentation" documentation
    if grep -q '^name = "system"' Cargo.toml; then
        stage "system tests" cargo test --locked --test system
    fi
fi
printf '\n== all held: %d s\n' "$SECONDS"
