#!/usr/bin/env bash
# Stop everything: nobody gets a call any more, within 15 s; and hang up the calls that the server and the log know of.
#
# Usage: scripts/stop.sh [--local]                stop, and hang up
#        scripts/stop.sh [--local] --no-hang-up   stop, and let the calls go on that are on
#        scripts/stop.sh [--local] --resume       allow calls again
#        scripts/stop.sh [--local] --status       say whether calls are stopped
#
#   --local      the local run that scripts/dev.sh started, instead of the cloud
#   --folder F   the same, where scripts/dev.sh was given --folder F
#
# May be run any number of times. Prints what to do next when a key or a link leaked.
#
# PROJECT_ID       the Google Cloud project (from the environment or infra/project.env; no default)
# CONTROL_BUCKET   holds the switch, and the calls that the server knows (default $PROJECT_ID-voicemint-control)
# BUCKET           the log, which knows others (default $PROJECT_ID-voicemint-payloads)
#
# Exit: 0 done, 1 failed with the reason (a call that could not be hung up counts; the stop is in force), 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  run_owner_command stop "$@"
}

main "$@"
