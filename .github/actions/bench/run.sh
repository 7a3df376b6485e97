#!/usr/bin/env bash
# Runs the program out of this action's own checkout, in the folder of the job: nothing has to be installed there.
# BENCH_COMMAND, BENCH_CONFIG and BENCH_ARGS are the action's inputs; words in them are separated by blanks.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
read -r -a command <<<"${BENCH_COMMAND:-ci}"
read -r -a args <<<"${BENCH_ARGS:-}"
if [ "${command[0]}" = ci ]; then command+=(--config "${BENCH_CONFIG:-bench.config.json}"); fi
node "$root/src/setup.mjs" start "${command[@]}" "${args[@]}"
code=$?
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "exit-code=$code" >>"$GITHUB_OUTPUT"; fi
exit "$code"
