#!/usr/bin/env bash
# Print the limits in force, what of them is used today, and what a day can cost at most.
#
# Usage: scripts/limits.sh [--local] [--json]
#
#   --json       one JSON document instead of text
#   --local      the local run that scripts/dev.sh started, instead of the cloud
#   --folder F   the same, where scripts/dev.sh was given --folder F
#
# The limits are what infra/functions/mint-client-secret.yaml deploys, or the defaults of functions/voicemint/settings.py;
# today's use is exact up to the block that each instance is working on; the prices are those of
# functions/voicemint/openai/prices.json.
#
# PROJECT_ID       the Google Cloud project (from the environment or infra/project.env; no default)
# CONTROL_BUCKET   counts the day's use (default $PROJECT_ID-voicemint-control)
#
# Exit: 0 done, 1 failed with the reason, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  run_owner_command limits "$@"
}

main "$@"
