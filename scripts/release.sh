#!/usr/bin/env bash
# Release functions and page together: people get it only after the smoke check has passed on it.
#
# Usage: scripts/release.sh [--if-changed] [--dry-run] [--channel NAME] [--deployed] [--only-look]
#                           [--adopt KIND/NAME]... [--project ID]
#
#   --if-changed     change nothing when the live release was made from these sources and settings
#   --dry-run        print the commands of what is not current and run none; with --if-changed nothing, when all is live
#   --channel NAME   a preview, for a branch: the live site is not touched, nor a function that the page does not use
#   --deployed       the functions are deployed and the page is built already (a build does that in steps of its own)
#   --only-look      write nothing: fail if Voicemint did not make what stands under the names of this release
#   --adopt KIND/NAME   release over what is there and Voicemint did not make: a function, or the page of site/NAME
#   --project ID     the project, instead of PROJECT_ID
#
# Functions that changed are deployed, their newest revisions tagged, the page built and released to the channel
# `release` with its rewrites pinned to those tags, the smoke check run there, and that very version made live. A smoke
# check that fails leaves the live site as it was. Going back: scripts/rollback.sh
#
# VOICEMINT_SESSION, VOICEMINT_INVITE   to sign in for the smoke check (scripts/smoke.sh); without them the owner
#                                       invites "Release check", which gcloud's account must be allowed to
# PROJECT_ID, REGION, CONTROL_BUCKET, BUCKET, SITE, SITE_URL   as everywhere: infra/project.env
#
# Exit: 0 it is live (or was), 1 it is not, for the reason given, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=project.sh
source "$(dirname "$0")/project.sh"
# shellcheck source-path=SCRIPTDIR source=functions.sh
source "$(dirname "$0")/functions.sh"

main() {
  local if_changed="" dry_run="" deployed="" only_look="" channel=""
  ADOPT=()
  check_only_options "$@"
  while (($#)); do
    case "$1" in
      --if-changed) if_changed=yes ;;
      --dry-run) dry_run=yes ;;
      --deployed) deployed=yes ;;
      --only-look) only_look=yes ;;
      --adopt) ADOPT+=("--adopt=$2") && shift ;;
      --adopt=*) ADOPT+=("$1") ;;
      --channel) channel=$2 && shift ;;
      --channel=*) channel=${1#*=} ;;
      --project) PROJECT_ID=$2 && shift ;;
      --project=*) PROJECT_ID=${1#*=} ;;
    esac
    shift
  done
  cd "$ROOT"
  read_project
  export "${PROJECT_VARIABLES[@]}"
  need_gcloud
  ensure_venv "${FOR_OWNERS[@]}"
  if [[ $only_look ]]; then
    refuse_strangers "$channel"
  elif [[ $if_changed ]] && is_current; then
    step "The live release is current"
  elif [[ $dry_run ]]; then
    scripts/deploy.sh --if-changed --dry-run
    show scripts/release.sh --if-changed "--project=$PROJECT_ID"
  else
    release "$deployed" "$channel"
  fi
}

# is_current: what is live was made from this. 3 says that it was not, anything else that nobody can tell.
is_current() {
  local outcome=0
  run_release publish --compare >&2 || outcome=$?
  ((outcome == 0 || outcome == 3)) || exit 1
  return "$outcome"
}

release() {
  local functions
  check_agents
  refuse_strangers "$2"
  if [[ $2 ]]; then functions=$(run_release pins); else functions=$(known_functions); fi
  # shellcheck disable=SC2086  # one word a function
  [[ $1 ]] || scripts/deploy.sh --if-changed ${ADOPT[@]+"${ADOPT[@]}"} $functions
  ensure_node
  ensure_npm infra/firebase
  [[ $1 && -f web/dist/index.html ]] || ensure_page
  sign_in
  run_release publish ${2:+"--channel=$2"}
}

# Who may invite may also have this run signed in, for a day at most and by name.
sign_in() {
  [[ -z ${VOICEMINT_INVITE:-}${VOICEMINT_SESSION:-} ]] || return 0
  VOICEMINT_INVITE=$(scripts/invite.sh "Release check" 2>/dev/null) ||
    die "no invite could be made for the smoke check; scripts/invite.sh \"Release check\" says why"
  export VOICEMINT_INVITE
}

main "$@"
