#!/usr/bin/env bash
# Check a site end to end, from the outside: the page, a mint, a text turn, a call, a write to the log.
#
# Usage: scripts/smoke.sh [URL] [--agent NAME] [--json]       a local or deployed site (default http://localhost:5000)
#        scripts/smoke.sh --direct [--agent NAME] [--json]    OpenAI itself, without a site
#
# Where the server opens the agent's calls (setup = "unified") there is no mint and no text turn.
# Prints one line a step: result, milliseconds, and what was found; a step that fails says what to do. The text turn
# and the call cost a fraction of a cent where the site uses the real API.
#
# VOICEMINT_INVITE    a new link of scripts/invite.sh, to sign in with; for the local run one is made
# VOICEMINT_SESSION   or the value of the __session cookie of a browser that is signed in
# OPENAI_API_KEY      with --direct: the key to mint with; OPENAI_BASE_URL: where (default https://api.openai.com/v1)
#
# Exit: 0 everything works, 1 a step failed, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_options "$@"
  ensure_venv "${FOR_SMOKE[@]}"
  invite_to_local_run "$@"
  PYTHONPATH="$ROOT/scripts:$ROOT/functions" exec "$PYTHON" -m smoke "$@"
}

# The local run wants a sign-in like any other site; who may read its folder may have a link.
invite_to_local_run() {
  local running="$ROOT/.voicemint/local-run.env" url=http://localhost:5000
  [[ ${1:-} == http* ]] && url=${1%/}
  [[ -n ${VOICEMINT_INVITE:-}${VOICEMINT_SESSION:-} || ! -f $running ]] && return
  grep -qxF "SITE_URL=$url" "$running" || return 0
  VOICEMINT_INVITE=$("$ROOT/scripts/invite.sh" --local "Smoke check" 2>/dev/null) || die "no invite could be made"
  export VOICEMINT_INVITE
}

main "$@"
