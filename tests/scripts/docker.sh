#!/usr/bin/env bash
# As much of docker as scripts/container.sh asks for: a container is a folder, and what runs in it runs here.
set -euo pipefail

in_folder() { printf '%s' "$CONTAINERS/${1%%:*}/${1#*:/}"; }

case "$1" in
  create) # --entrypoint=bash --workdir=/copy IMAGE -c COMMAND
    container=$(basename "$(mktemp -d "$CONTAINERS/XXXXXX")")
    printf '%s' "$6" >"$CONTAINERS/$container/command"
    printf '%s\n' "$container"
    ;;
  cp)
    from=$2 to=$3
    [[ $from != *:/* ]] || from=$(in_folder "$from")
    [[ $to != *:/* ]] || to=$(in_folder "$to")
    [[ $from != */. ]] || mkdir -p "$to"
    cp -a "$from" "$to"
    ;;
  start) cd "$CONTAINERS/$3/copy" && env -i HOME="$CONTAINERS" PATH="$PATH" bash -c "$(<"$CONTAINERS/$3/command")" ;;
  rm) rm -rf "${CONTAINERS:?}/$2" ;;
  *) exit 2 ;;
esac
