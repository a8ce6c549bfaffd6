#!/bin/sh
# The demo as a newcomer runs it: it ends by itself, and its sentence has the programme's published figures.
set -eu
said=$("$1/deploy/demo" --once)
printf '%s\n' "$said"
for figure in 638 '9万余' '50.92' '73.05' 'over 90,000' '超过98%（983/1000）' '最少10,240' 'late 22' 'rejected 22' 'set aside, 1 returned'; do
        printf '%s\n' "$said" | grep -qF "$figure" || { echo "the demo does not say $figure"; exit 1; }
done
