#!/usr/bin/env bash
# Replace a key while people talk: new version, overlap, verify, retire. No request fails on the way.
#
# Usage: scripts/rotate-key.sh [--local] openai               asks for the new OpenAI API key without showing it
#        printf %s "$KEY" | scripts/rotate-key.sh openai      or reads it from stdin
#        scripts/rotate-key.sh [--local] signing              makes a new key for invites and sessions; signs nobody out
#        scripts/rotate-key.sh [--local] signing --retire     voids what older keys signed; says who that signs out
#
#   --yes              with --retire: do not ask
#   --overlap SECONDS  how long old and new are both good (default 90: an instance reads a secret once a minute)
#   --no-verify        do not ask the site for a call; for VOICEMINT_ACCESS=firebase, which takes no session of ours
#   --local            the local run that scripts/dev.sh started, instead of the cloud
#   --folder F         the same, where scripts/dev.sh was given --folder F
#                      Its stand-ins take made-up keys only: start it with a real one, OPENAI_API_KEY=… scripts/dev.sh
#
# Ended half-way, run it again: it goes on. Verifying asks for a few calls, which count for the day's limit.
#
# PROJECT_ID       the Google Cloud project (from the environment or infra/project.env; no default)
# SITE_URL         what is verified (default: the project's Hosting site, which SITE names where it is not the default
#                  one)
# CONTROL_BUCKET   who was let in (default $PROJECT_ID-voicemint-control)
#
# Exit: 0 done, 1 failed with the reason (what worked before still does), 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_options "$@"
  case "${OPERANDS[0]:-}" in
    openai | signing) ;;
    *) wrong_usage "say which key to replace: openai or signing" ;;
  esac
  run_owner_command rotate_key "$@"
}

main "$@"
