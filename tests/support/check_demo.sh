#!/bin/sh
# The demo as a newcomer runs it: it ends by itself, and its sentence has the programme's published figures.
# Usage: check_demo.sh SOURCE_DIR en|zh, whose words are the newcomer's
set -eu
case $2 in
zh) export LC_ALL=zh_CN.UTF-8; words='迟报 22|退回 22|待核 0，退回 1。' ;;
*) export LC_ALL=C.UTF-8; words='late 22|rejected 22|set aside, 1 returned' ;;
esac
said=$("$1/deploy/demo" --once)
printf '%s\n' "$said"
IFS='|'
for figure in 638 '9万余' '50.92' '73.05' 'over 90,000' '超过98%（983/1000）' '最少10,240' $words; do
        printf '%s\n' "$said" | grep -qF "$figure" || { echo "the demo does not say $figure"; exit 1; }
done
