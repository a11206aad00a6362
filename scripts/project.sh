# shellcheck shell=bash
# Which project a script works on. Sourced after lib.sh, never run. scripts/owner/project.py is the same for Python.

# shellcheck disable=SC2034  # for the scripts that source this: export "${PROJECT_VARIABLES[@]}"
PROJECT_VARIABLES=(PROJECT_ID REGION CONTROL_BUCKET BUCKET)
# Where it was said, not where a script goes to from there.
[[ -z ${PROJECT_ENV:-} || $PROJECT_ENV == /* ]] || export PROJECT_ENV=$PWD/$PROJECT_ENV

# Set PROJECT_ID, REGION, CONTROL_BUCKET and BUCKET: the caller's and the environment's values win over
# infra/project.env, and that over what follows from PROJECT_ID. Dies where there is no project, or no usable one.
# PROJECT_ENV names another file instead of infra/project.env: one for each further project.
read_project() {
  local said line name
  PROJECT_ID=${PROJECT_ID:-} REGION=${REGION:-}
  said=$(run_python scripts/common/env_file.py "${PROJECT_ENV:-$ROOT/infra/project.env}") || exit 1
  while IFS= read -r line; do
    name=${line%%=*}
    [[ -z $name || -n ${!name:-} ]] || printf -v "$name" '%s' "${line#*=}"
  done <<<"$said"
  CONTROL_BUCKET=${CONTROL_BUCKET:-$PROJECT_ID-voicemint-control}
  BUCKET=${BUCKET:-$PROJECT_ID-voicemint-payloads}
  check_project
}

check_project() {
  [[ $PROJECT_ID ]] || die "PROJECT_ID is not set. Write it into infra/project.env, or say --project ID."
  [[ $PROJECT_ID =~ ^[a-z][a-z0-9-]{4,28}[a-z0-9]$ ]] ||
    die "'$PROJECT_ID' is not a project id (it may be a project's name or number); see: gcloud projects list"
  grep -qF "\"region\": \"$REGION\"" "$ROOT/web/firebase.json" ||
    die "REGION is '$REGION', but the rewrites of web/firebase.json lead to another region. Make them the same."
}
