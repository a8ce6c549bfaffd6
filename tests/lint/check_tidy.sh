#!/bin/sh
# clang-tidy over everything that ships, in parallel. Usage: check_tidy.sh BUILD_DIR [SOURCE_DIR]
set -eu
build=$1
cd "${2:-$(dirname "$0")/../..}"
commands=$(mktemp -d) # without what only gcc takes
trap 'rm -rf "$commands"' EXIT
sed 's/-mmem[a-z]*-strategy=[^ "]*//g' "$build/compile_commands.json" >"$commands/compile_commands.json"
find common services -name '*.c' | sort | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$commands" \
        --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang --extra-arg=-Wno-unused-command-line-argument 2>/dev/null
