#!/bin/sh
# Runs seeds, and demands that every probe of the simulator was reached: a rare path that is never walked proves
# nothing. Usage: check_seeds.sh SIMULATE SOURCE_DIR SEEDS
set -eu
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM HUP
status=0
# Where restored journals had nothing left of a topic, and (422) where a trimmed journal was counted under a new life, which
# is all that it says: when the world changes a seed is another walk, and the mutants keep the bugs.
for seed in 422 3002587 3003076 3005840 3008517 3008777 3009177 3012197; do
        "$1" --seed "$seed" >"$out" || { cat "$out"; status=1; }
done
"$1" --seeds "$3" --probes >"$out" || status=1
grep -v '^probe ' "$out"
for name in $(grep -rhoE 'SIM_PROBE\("[^"]+"\)' "$2/tests/simulation" --include='*.c' | sed 's/SIM_PROBE("//; s/")$//; s/ /_/g' | sort -u); do
        words=$(echo "$name" | tr _ ' ')
        hits=$(grep -E "^probe [0-9]+ $words\$" "$out" | cut -d' ' -f2)
        printf '%9s %s\n' "${hits:-never}" "$words"
        [ -n "$hits" ] || status=1
done
exit $status
