#!/bin/sh
# Manuals name only what exists: files that are linked or named by a path of the project, and commands and options of
# qf, as its own --help has them; no two decisions have one number. Usage: check_docs.sh BIN_DIR [SOURCE_DIR]
set -eu
bin=$(realpath "$1")
cd "${2:-$(dirname "$0")/../..}"
status=0
complain() {
        printf '%s\n' "$*"
        status=1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

for page in README*.md docs/*.md; do
        folder=$(dirname "$page")
        # Links, from the page's own folder; then paths of the project in running text.
        grep -oE '\]\([^)#:]+' "$page" | cut -c3- | sort -u >"$work/links"
        while read -r link; do
                [ -e "$folder/$link" ] || complain "$page: links $link, which is not there"
        done <"$work/links"
        grep -oE '(^|[^A-Za-z0-9_/-])(\.\./)*(proto|common|services|tests|deploy|docs)/[A-Za-z0-9_./*-]*' "$page" |
                grep -oE '(proto|common|services|tests|deploy|docs)/[A-Za-z0-9_./-]*' | sed 's/[.]*$//' |
                sort -u >"$work/paths"
        while read -r path; do
                [ -e "$path" ] || complain "$page: names $path, which is not there"
        done <"$work/paths"

        # "qf COMMAND [SUBCOMMAND] …", up to the end of the line or of the quotation.
        grep -oE '(^|[^A-Za-z0-9_-])qf [a-z][^`|;<]*' "$page" | grep -oE 'qf [a-z].*' | sort -u >"$work/calls"
        while read -r _ command rest; do
                command=$(printf '%s' "$command" | grep -oE '^[a-z]+')
                "$bin/qf" "$command" --help --lang en >"$work/help" 2>/dev/null || {
                        complain "$page: names qf $command, which is no command"
                        continue
                }
                sub=$(printf '%s' "$rest" | grep -oE '^[a-z]+(-[a-z]+)*' || true)
                if [ -n "$sub" ] && "$bin/qf" "$command" "$sub" --help --lang en >"$work/sub" 2>/dev/null &&
                        grep -q "^Usage: qf $command $sub" "$work/sub"; then
                        cp "$work/sub" "$work/help"
                fi
                for option in $(printf '%s' "$rest" | grep -oE '(^|[^A-Za-z0-9-])--[a-z][a-z-]*' | grep -oE -e '--.*'); do
                        grep -qE -e "^ +$option( |\$)" "$work/help" ||
                                complain "$page: qf $command $sub has no option $option"
                done
        done <"$work/calls"
done

# The table of kinds is printed by qf itself.
"$bin/qf" kinds --markdown >"$work/kinds"
sed -n '/^<!-- qf kinds --markdown/,/^<!-- end of qf kinds/p' docs/programme.md | sed '1d;$d' | sed '$d' >"$work/printed"
cmp -s "$work/kinds" "$work/printed" || complain "docs/programme.md: the kinds are not what qf kinds --markdown prints"
# So is the dictionary of indicators.
"$bin/qf" indicators --markdown >"$work/indicators"
sed -n '/^| code |/,$p' docs/indicators.md | cmp -s "$work/indicators" - ||
        complain "docs/indicators.md: the table is not what qf indicators --markdown prints"
# A decision is named by its number.
for twice in $(grep -oE '^\*\*[0-9]+ ·' DECISIONS.md | sort | uniq -d | grep -oE '[0-9]+'); do
        complain "DECISIONS.md: two decisions have the number $twice"
done
exit $status
