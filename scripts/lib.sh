# shellcheck shell=bash
# What two or more scripts share. Sourced, never run: `source "$(dirname "$0")/lib.sh"`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PYTHON="$ROOT/.venv/bin/python"
export NPM_CONFIG_UPDATE_NOTIFIER=false # nobody is told of a newer npm in the middle of something else
# Folders whose requirements.txt a command needs: an owner's command, the smoke check (a call over WebRTC), and whatever
# runs the whole site on this machine (speech and the stand-ins).
FOR_OWNERS=(functions scripts)
FOR_SMOKE=("${FOR_OWNERS[@]}" scripts/smoke)
# shellcheck disable=SC2034 # for the scripts that source this
FOR_DEV=("${FOR_SMOKE[@]}" infra/standins)
# shellcheck source-path=SCRIPTDIR source=options.sh
source "$ROOT/scripts/options.sh"

# step WHAT: say what is begun; in bold on a terminal, and without escape codes in a file.
step() {
  if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then printf '\033[1m==> %s\033[0m\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi
}

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Print the header comment of the calling script (from its second line to the first that is no comment).
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

# show COMMAND...: print it, so that it can be pasted.
show() { printf '%q ' "$@" && echo; }

# prefix NAME: put the name before each line of the input.
prefix() {
  local line
  while IFS= read -r line || [[ $line ]]; do printf '%s | %s\n' "$1" "$line"; done
}

# Run a command as root: an apt-get install, where that is possible without asking anything.
as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  command -v apt-get >/dev/null && as_root true 2>/dev/null || return 1
  step "Installing $* (apt-get)"
  as_root apt-get update -q >&2 && as_root apt-get install -q -y --no-install-recommends "$@" >&2
}

find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "Python 3.11, 3.12 or 3.13 is needed and none was found. Install one, for example: sudo apt-get install python3"
}

# run_python PROGRAM ARGUMENT...: a program of ours that needs the standard library only; nothing is installed for it.
run_python() {
  local interpreter=$PYTHON
  [[ -x $interpreter ]] || interpreter=$(find_python) || return 1
  "$interpreter" "$ROOT/$1" "${@:2}"
}

create_venv() {
  local python
  python=$(find_python)
  step "Creating .venv with $("$python" --version)"
  "$python" -m venv "$ROOT/.venv" 2>/dev/null ||
    { apt_install python3-venv && "$python" -m venv --clear "$ROOT/.venv"; } ||
    die "'$python -m venv' failed. Install it, for example: sudo apt-get install python3-venv"
  "$PYTHON" -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r "$ROOT/scripts/uv.txt"
}

# ensure_venv FOLDER...: .venv has what the requirements.txt of each folder pins. Does nothing when that did not change.
ensure_venv() {
  local folder files=() missing=""
  for folder in "$@"; do
    files+=("$ROOT/$folder/requirements.txt")
    [[ -x $PYTHON && -f $(stamp_of "$folder") && $(<"$(stamp_of "$folder")") == "$(lock_of "$folder")" ]] || missing=yes
  done
  [[ $missing ]] || return 0
  [[ -x $PYTHON ]] || create_venv
  step "Installing the Python packages of: $*"
  "$ROOT/.venv/bin/uv" pip install -p "$PYTHON" --require-hashes ${files[@]+"${files[@]/#/--requirements=}"} >&2
  for folder in "$@"; do lock_of "$folder" >"$(stamp_of "$folder")"; done
}

# Each folder has a stamp of its own: who installed more has installed what others need of it.
stamp_of() { printf '%s' "$ROOT/.venv/.installed-${1//\//-}"; }
lock_of() { cksum <"$ROOT/$1/requirements.txt"; }

# ensure_node: node (20 or newer) and npm are on PATH, the system's or the ones of a Python package.
ensure_node() {
  has_node && return
  [[ -x $PYTHON ]] || create_venv
  if [[ ! -x $ROOT/.venv/bin/node ]]; then
    step "Installing Node.js into .venv (none of version 20 or newer was found)"
    "$ROOT/.venv/bin/uv" pip install -p "$PYTHON" --require-hashes --only-binary=:all: -r "$ROOT/scripts/nodejs.txt" >&2
  fi
  PATH="$ROOT/.venv/bin:$PATH"
}

has_node() {
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null
}

# run_npm ARGUMENT...: npm, and whatever packages it runs, without the keys and sessions that this shell may have.
run_npm() {
  env -u OPENAI_API_KEY -u OPENAI_WEBHOOK_SECRET -u VOICEMINT_SESSION -u VOICEMINT_INVITE -u FIREBASE_TOKEN \
    -u GOOGLE_APPLICATION_CREDENTIALS npm "$@"
}

# ensure_npm FOLDER: its node_modules are what its package-lock.json pins.
ensure_npm() {
  local lock="$ROOT/$1/package-lock.json" stamp="$ROOT/$1/node_modules/.installed" pinned
  pinned=$(cksum <"$lock")
  [[ -f $stamp && $(<"$stamp") == "$pinned" ]] && return
  ensure_node
  step "Installing the npm packages of: $1"
  # Errors only: what a package says of Node's version is about servers, and we bundle it for browsers.
  run_npm --prefix "$ROOT/$1" ci --no-audit --no-fund --loglevel=error >&2
  printf '%s' "$pinned" >"$stamp"
}

# check_agents: every agent's file can be read; if one cannot, file, line and key are said, in one line.
check_agents() {
  local interpreter=$PYTHON
  [[ -x $interpreter ]] || interpreter=$(find_python)
  PYTHONPATH="$ROOT/functions" "$interpreter" -B -m voicemint.agents.public >/dev/null || exit 1
}

# ensure_page: web/dist is built from what web/ and the agents are now.
ensure_page() {
  local built="$ROOT/web/dist/index.html" changed=""
  [[ -f $built ]] && changed=$(find "$ROOT/web" "$ROOT/functions/agents" "$ROOT/functions/voicemint/agents/page_tools.json" \
    -newer "$built" \( -type f -o -path "$ROOT/functions/agents" \) \
    -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/.firebase/*' -print -quit)
  [[ -f $built && -z $changed ]] && return
  check_agents
  ensure_node
  ensure_npm web
  step "Building the page"
  run_npm --prefix "$ROOT/web" run --silent build >&2
}

# ensure_program PROGRAM WHY: a program of Debian's package of that name is there.
ensure_program() {
  command -v "$1" >/dev/null || apt_install "$(basename "$1")" ||
    die "$1 is needed $2 and was not found. Install it, for example: sudo apt-get install $(basename "$1")"
}

# run_owner_command NAME ARGUMENT...: what scripts/NAME.sh documents in its header and scripts/owner/ does.
run_owner_command() {
  local name=$1
  shift
  ensure_venv "${FOR_OWNERS[@]}"
  PYTHONPATH="$ROOT/scripts:$ROOT/functions" exec "$PYTHON" -m "owner.$name" "$@"
}
