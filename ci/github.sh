#!/usr/bin/env bash
# What the GitHub Action runs: annotations on stdout, the report as the step's summary, a SARIF file.
# Exits as `advisor audit` does.
set -euo pipefail

home="$RUNNER_TEMP/advisor"
sarif="$home/advisor.sarif"
report="$home/report.md"
longest=1000000 # bytes; GitHub refuses a summary of more than 1 MiB

# One item a line. Nothing is evaluated: a line is a word, whatever it holds.
lines() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || items+=("$line")
  done <<<"$1"
}

items=()
lines "$ADVISOR_ACTION_PATHS"
paths=()
for item in "${items[@]}"; do
  IFS= # so that a blank in a name does not part it
  shopt -s nullglob
  # shellcheck disable=SC2206 # to be expanded, and nothing else
  found=($item)
  shopt -u nullglob
  unset IFS
  if [ "${#found[@]}" -gt 0 ]; then paths+=("${found[@]}"); else paths+=("$item"); fi
done

items=()
lines "$ADVISOR_ACTION_ARGS"

"$ADVISOR_ACTION_PYTHON" -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH"

code=0
"$home/venv/bin/advisor" audit --format github --report "sarif=$sarif" \
  --report "markdown=$report" "${items[@]}" -- "${paths[@]}" || code=$?

if [ -s "$sarif" ]; then
  echo "sarif=$sarif" >>"$GITHUB_OUTPUT"
fi
if [ -s "$report" ] && [ "$(wc -c <"$report")" -le "$longest" ]; then
  cat "$report" >>"$GITHUB_STEP_SUMMARY"
elif [ -s "$report" ]; then
  echo "The report is too long for a summary; code scanning has the findings." >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
