#!/usr/bin/env bash
# Invite a person: print a link, and a QR code of it, that signs in one device, once, within 24 hours, when the person
# taps "Continue as NAME" on the page that it opens.
#
# Usage: scripts/invite.sh [--local] "Ana's iPad"          print a link (stdout) and its QR code
#        scripts/invite.sh [--local] --list                who was invited and let in, when, and whether they still are;
#                                                         what each has used today, and who it is in the logs
#        scripts/invite.sh [--local] --revoke NAME|all     sign out, and void links that were not used yet
#
#   --local      the local run that scripts/dev.sh started, instead of the cloud
#   --folder F   the same, where scripts/dev.sh was given --folder F
#
# The link is the whole secret: send it to the one it is for. It cannot be shown again.
#
# PROJECT_ID       the Google Cloud project (from the environment or infra/project.env; no default)
# SITE_URL         what the link leads to (default: the project's Hosting site, which SITE names where it is not the
#                  default one)
# CONTROL_BUCKET   who was let in (default $PROJECT_ID-voicemint-control)
#
# Exit: 0 done, 1 failed with the reason, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_options "$@"
  (($#)) || wrong_usage "say whom the link is for, as in scripts/invite.sh \"Ana's iPad\""
  run_owner_command invite "$@"
}

main "$@"
