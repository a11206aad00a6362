#!/usr/bin/env bash
# Deploy functions to the project: all of them, or those named. They build at the same time.
#
# Usage: scripts/deploy.sh [--if-changed] [--dry-run] [--adopt KIND/NAME]... [--project ID] [function...]
#
#   --if-changed   leave out a function that is live with these sources and settings: one read, and maybe no write
#   --dry-run      print the gcloud commands and run none; with --if-changed, those of what is not current
#   --adopt KIND/NAME   deploy over function/NAME, which Voicemint did not make; refused without it
#   --project ID   the project, instead of PROJECT_ID
#
# A function is a file of infra/functions/: what gcloud is told about it. Who may invoke it is not touched.
#
# PROJECT_ID       the Google Cloud project (from the environment or infra/project.env; no default)
# REGION           where web/firebase.json looks for the functions
# CONTROL_BUCKET   told to the functions (default $PROJECT_ID-voicemint-control)
# BUCKET           the same (default $PROJECT_ID-voicemint-payloads)
#
# Exit: 0 every function is live, 1 one is not, or nothing was started for the reason given, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=project.sh
source "$(dirname "$0")/project.sh"
# shellcheck source-path=SCRIPTDIR source=functions.sh
source "$(dirname "$0")/functions.sh"

main() {
  local name dry_run="" if_changed="" functions=() adopted=" "
  check_options "$@"
  while (($#)); do
    case "$1" in
      --dry-run) dry_run=yes ;;
      --if-changed) if_changed=yes ;;
      --adopt) adopted+="$2 " && shift ;;
      --adopt=*) adopted+="${1#*=} " ;;
      --project) PROJECT_ID=$2 && shift ;;
      --project=*) PROJECT_ID=${1#*=} ;;
      *) functions+=("$1") ;;
    esac
    shift
  done
  cd "$ROOT"
  read_project
  ((${#functions[@]})) || for name in $(known_functions); do functions+=("$name"); done
  check_known ${functions[@]+"${functions[@]}"}
  check_agents
  export "${PROJECT_VARIABLES[@]}"
  if [[ $if_changed ]]; then need_gcloud && keep_changed; fi
  ((${#functions[@]})) || { step "Every function is live and current" && return; }
  if [[ $dry_run ]]; then
    for name in ${functions[@]+"${functions[@]}"}; do deploy "$name" show; done
  else
    need_gcloud
    refuse_foreign "$adopted" ${functions[@]+"${functions[@]}"}
    deploy_all ${functions[@]+"${functions[@]}"}
  fi
}

keep_changed() {
  local name changed
  changed=$(changed_functions ${functions[@]+"${functions[@]}"}) || exit 1
  functions=()
  for name in $changed; do functions+=("$name"); done
}

# deploy FUNCTION [COMMAND]: COMMAND is handed the gcloud command, which is run otherwise.
deploy() {
  "${@:2}" gcloud functions deploy "$1" --gen2 --source=functions --flags-file="infra/functions/$1.yaml" \
    --project="$PROJECT_ID" --region="$REGION" --quiet --format=none \
    --service-account="$1@$PROJECT_ID.iam.gserviceaccount.com" \
    --build-service-account="projects/$PROJECT_ID/serviceAccounts/builder@$PROJECT_ID.iam.gserviceaccount.com" \
    --docker-repository="projects/$PROJECT_ID/locations/$REGION/repositories/voicemint" \
    --set-env-vars="PROJECT_ID=$PROJECT_ID,REGION=$REGION,CONTROL_BUCKET=$CONTROL_BUCKET,BUCKET=$BUCKET" \
    --update-labels="voicemint-source=$(fingerprint "$1")"
}

deploy_all() {
  local name outcome seconds failed=0
  OUTCOMES=$(mktemp -d)
  trap 'rm -rf "$OUTCOMES"' EXIT
  set -m # each job is a process group of its own: an interrupted deployment ends with its gcloud
  trap 'jobs -p | sed s/^/-/ | xargs kill --; exit 130' INT TERM
  step "Deploying to $PROJECT_ID, $REGION: $*"
  for name in "$@"; do deploy_one "$name" </dev/null & done
  wait
  for name in "$@"; do
    read -r outcome seconds <"$OUTCOMES/$name"
    printf '%-20s %-6s %4s s\n' "$name" "$outcome" "$seconds"
    [[ $outcome == live ]] || failed=1
  done
  ((failed == 0)) || die "not every function is live; the lines above that begin with its name say why"
}

deploy_one() {
  local outcome=live started=$SECONDS
  deploy "$1" 2>&1 | prefix "$1" >&2 || outcome=failed
  echo "$outcome $((SECONDS - started))" >"$OUTCOMES/$1"
}

main "$@"
