#!/usr/bin/env bash
# Take away what scripts/bootstrap.sh has made in a Google Cloud project: show the plan, ask for the project's id, do it.
#
# Usage: scripts/teardown.sh [--project ID] [--delete-data] [--dry-run | --yes] [--json]
#
#   --delete-data  delete the buckets too: what was said, and who was invited
#   --dry-run      print the plan with every command line; only read
#   --yes          do not ask; then --project ID has to be said
#   --json         one JSON document on stdout: {schema, project_id, plan, result}; everything else on stderr
#   --project ID   the project, instead of PROJECT_ID
#
# Only what carries Voicemint's mark goes: functions, build triggers, the page, queues, permissions, secrets, images,
# accounts, budget, alerts, dashboard. The secrets go always: what they open is gone, and the OpenAI key is OpenAI's to
# give again. The buckets stay unless --delete-data is said. No API is turned off: somebody else may need it by now.
# It works while billing is off, and running it again is harmless.
#
# PROJECT_ID, REGION, BUCKET, CONTROL_BUCKET   from the environment or infra/project.env
# PROJECT_ENV                another file instead of infra/project.env, for a second project
# VOICEMINT_BACKOFF_SECONDS  before the second try of what goes away by itself (default 2, then twice as long each time)
#
# Exit: 0 nothing is left of it (or the plan was printed), 1 something is, with the reason, 2 wrong usage, 130 interrupted.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  ensure_venv "${FOR_OWNERS[@]}"
  PYTHONPATH="$ROOT/scripts:$ROOT/functions" exec "$PYTHON" -m provision.teardown "$@"
}

main "$@"
