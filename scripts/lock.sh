#!/usr/bin/env bash
# Pin what each requirements.in names into the requirements.txt beside it: == with hashes. Each lock constrains the ones
# after it, so that one environment can hold them all: functions/, scripts/, scripts/smoke/, infra/standins/, tests/.
# scripts/uv.in and nodejs.in, which come before all of these, are pinned into uv.txt and nodejs.txt.
#
# Usage: scripts/lock.sh [--upgrade]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

# lock IN OUT ARGUMENT...
lock() {
  step "Locking $2"
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header "${@:3}" "$1" -o "$2"
}

main() {
  check_only_options "$@"
  [[ -x $ROOT/.venv/bin/uv ]] || create_venv
  cd "$ROOT"
  local name folder constraints=()
  for name in uv nodejs; do lock "scripts/$name.in" "scripts/$name.txt" "$@"; done
  for folder in "${FOR_DEV[@]}" tests; do
    lock "$folder/requirements.in" "$folder/requirements.txt" "$@" ${constraints[@]+"${constraints[@]}"}
    constraints+=(-c "$folder/requirements.txt")
  done
}

main "$@"
