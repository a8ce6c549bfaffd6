#!/bin/sh
# clang-tidy over everything that ships, in parallel. Usage: check_tidy.sh BUILD_DIR SOURCE_DIR STEPS
# STEPS: at most so many along the paths through one function (clang itself: 225,000), DECISIONS 215. CI goes 50,000 far, in
# a third of the time; tests/run --long all the way.
set -eu
build=$1
cd "$2"
commands=$(mktemp -d) # without what only gcc takes
trap 'rm -rf "$commands"' EXIT
trap 'exit 130' INT TERM HUP
sed -E 's/-(mmem[a-z]*-strategy=|flto|ffat-lto)[^ "]*//g' "$build/compile_commands.json" >"$commands/compile_commands.json"
find common services -name '*.c' | sort | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$commands" \
        --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang --extra-arg=-Wno-unused-command-line-argument \
        --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes="$3" 2>/dev/null
