#!/bin/sh
# What the linker made of the hardening flags: position independent, full RELRO, no
# executable stack, stack protector, fortified calls. Usage: check_hardening.sh BIN_DIR
set -eu
status=0
for program in "$1"/qf* "$1"/../lib/libqingfeng.so; do
        [ -f "$program" ] || continue
        wrong=""
        readelf -h "$program" | grep -q 'Type: *DYN' || wrong="$wrong pie"
        readelf -lW "$program" | grep -q GNU_RELRO || wrong="$wrong relro"
        readelf -dW "$program" | grep -qE 'BIND_NOW|FLAGS.*NOW' || wrong="$wrong bind-now"
        readelf -lW "$program" | awk '/GNU_STACK/ { exit $7 == "RWE" || $8 == "RWE" }' || wrong="$wrong executable-stack"
        readelf -sW "$program" | grep -q __stack_chk_fail || wrong="$wrong stack-protector"
        readelf -sW "$program" | grep -qE '__[a-z]+_chk(@|$| )' || wrong="$wrong fortify"
        [ -z "$wrong" ] || { echo "$program lacks:$wrong"; status=1; }
done
exit $status
