#!/usr/bin/env bash
# Pin what requirements.in names (functions/, infra/standins/, tests/) into requirements.txt: == with hashes.
# The first lock constrains the second, both constrain the third, so that one environment holds all three.
#
# Usage: scripts/lock.sh [--upgrade]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  [[ -x $ROOT/.venv/bin/uv ]] || create_venv
  cd "$ROOT"
  local folder constraints=()
  for folder in functions infra/standins tests; do
    step "Locking $folder/requirements.txt"
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header "$@" \
      ${constraints[@]+"${constraints[@]}"} "$folder/requirements.in" -o "$folder/requirements.txt"
    constraints+=(-c "$folder/requirements.txt")
  done
}

main "$@"
