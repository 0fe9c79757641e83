#!/usr/bin/env bash
# Imports INPUT (the examples and the pages, when none is named) into a fresh memory, and asks.
set -euo pipefail
cd "$(dirname "$0")/.."

engrammic=${ENGRAMMIC:-engrammic}
home=.demo
export ENGRAMMIC_HOME=$home

bold='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi

if [ $# -eq 0 ]; then
    input=(examples README.md docs)
    questions=(
        "how does authentication work?"
        "what caused the double bookings?"
        "how do I rotate the signing keys?"
        "how do we get from São Miguel to Pico?"
    )
else
    input=("$@")
    questions=("what did we decide, and why?" "what went wrong?" "what is still to be done?")
fi

rm -rf "$home"
printf '\n%s%s\n' "$bold" "Importing ${input[*]}$plain"
"$engrammic" import "${input[@]}"
printf '\n'

for question in "${questions[@]}"; do
    printf '%s%s%s\n\n' "$bold" "“$question”" "$plain"
    "$engrammic" search "$question" --limit 3
done

printf '%s\n' "${bold}What next?$plain"
printf '%-22s %s\n' \
    "Ask it yourself:" "$engrammic search \"your question\" --home $home" \
    "Import your own:" "make demo INPUT=path" \
    "Plug in an agent:" "$engrammic mcp, as docs/mcp.md tells"
