# shellcheck shell=bash
# What two or more scripts share. Sourced, never run: `source "$(dirname "$0")/lib.sh"`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PYTHON="$ROOT/.venv/bin/python"
UV_VERSION=0.13.8
NODE_WHEEL_VERSION=24.19.0

step() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Print the header comment of the calling script (from its second line to the first that is no comment).
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

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

create_venv() {
  local python
  python=$(find_python)
  step "Creating .venv with $("$python" --version)"
  "$python" -m venv "$ROOT/.venv" 2>/dev/null ||
    { apt_install python3-venv && "$python" -m venv --clear "$ROOT/.venv"; } ||
    die "'$python -m venv' failed. Install it, for example: sudo apt-get install python3-venv"
  "$PYTHON" -m pip install -q --disable-pip-version-check "uv==$UV_VERSION"
}

# ensure_venv FOLDER...: .venv has what the requirements.txt of each folder pins. Does nothing when that did not change.
ensure_venv() {
  local folder files=() stamp="$ROOT/.venv/.requirements-$(printf '%s-' "${@//\//_}")"
  for folder in "$@"; do files+=(-r "$ROOT/$folder/requirements.txt"); done
  local wanted
  wanted=$(cat "${files[@]/#-r/}" 2>/dev/null | cksum)
  [[ -x $PYTHON && -f $stamp && $(<"$stamp") == "$wanted" ]] && return
  [[ -x $PYTHON ]] || create_venv
  step "Installing the Python packages of: $*"
  "$ROOT/.venv/bin/uv" pip install -p "$PYTHON" --require-hashes "${files[@]}" >&2
  printf '%s' "$wanted" >"$stamp"
}
