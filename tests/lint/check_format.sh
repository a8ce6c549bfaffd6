#!/bin/sh
# clang-format, as .clang-format says. Usage: check_format.sh [--fix] [SOURCE_DIR]
set -eu
fix=no
[ "${1:-}" != --fix ] || { fix=yes; shift; }
cd "${1:-$(dirname "$0")/../..}"
files=$(find common services tests -name '*.[ch]' | sort)
# shellcheck disable=SC2086
if [ "$fix" = yes ]; then
        clang-format -i $files
else
        clang-format --dry-run -Werror $files
fi
