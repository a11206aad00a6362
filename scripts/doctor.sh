#!/usr/bin/env bash
# Say what is wrong with the project, or what would stop a bootstrap, and how to mend it. Changes nothing.
#
# Usage: scripts/doctor.sh [--project ID] [--json]
#
#   --project ID   the project, instead of PROJECT_ID
#   --json         one JSON document: {schema, project_id, counts, findings: [{id, status, title, detail, fix}]}
#
# It can be run the day before, when there is nothing yet, and by somebody who may change nothing. Each line of the
# report is one of: ok; later (the bootstrap makes it); ? (it could not be asked); warning; PROBLEM, with its fix.
#
# PROJECT_ID       the Google Cloud project (from the environment or infra/project.env; no default)
# OPENAI_API_KEY   the key to try while none is stored yet (optional)
# AGENTS_FOLDER    the agents' files (default functions/agents): their models, and whether one has a telephone
#
# Exit: 0 no problem, 1 a problem was found or nothing could be looked at, 2 the command line is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  ensure_venv "${FOR_OWNERS[@]}"
  PYTHONPATH="$ROOT/scripts:$ROOT/functions" exec "$PYTHON" -m provision.doctor "$@"
}

main "$@"
