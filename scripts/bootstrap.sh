#!/usr/bin/env bash
# Set up Voicemint on a Google Cloud project, as infra/ describes it: show the plan, ask, do it. Safe to run again.
#
# Usage: scripts/bootstrap.sh [--project ID] [--dry-run | --yes] [--json] [--adopt KIND/NAME]...
#                             [--invite NAME]
#
#   --dry-run      print the plan with every command line; only read
#   --yes          do not ask whether it is the right project and a good plan
#   --json         one JSON document on stdout: {schema, project_id, plan, result}; everything else on stderr
#   --project ID   the project, instead of PROJECT_ID
#   --adopt KIND/NAME  take over what is there under a name of ours and was not made by this: it is then changed as
#                  infra/ says, and a teardown deletes it. Without that word nothing of somebody else's is touched, and
#                  the bootstrap refuses before its first write and names it, as scripts/doctor.sh does. Say it again
#                  for each: account/deployer, secret/openai-api-key, queue/calls, function/sign-in, ...
#   --invite NAME  whom the first link is for (default "First guest")
#
# The OpenAI key is asked for, or read from standard input:  printf %s "$KEY" | scripts/bootstrap.sh --yes
# It is tried at OpenAI where that can be reached, and stored only if it is another than the stored one.
#
# There is no state file: every run looks at the project, and a plan has the steps that are missing. An interrupted run
# is completed by the next one. gcloud works in a configuration of its own, voicemint-PROJECT; yours stays as it is. Its
# account, whom it acts as, its proxy, CA and quota project are taken over from yours.
# The project's number and its billing account are asked about once and remembered in infra/project.env.
#
# PROJECT_ID, REGION, BUCKET, CONTROL_BUCKET, SITE, SITE_URL   from the environment or infra/project.env
# PROJECT_ENV                another file instead of infra/project.env, for a second project
# OPENAI_BASE_URL            where the key is tried (default https://api.openai.com/v1)
# VOICEMINT_BACKOFF_SECONDS  before the second try of what goes away by itself (default 2, then twice as long each time)
#
# Exit: 0 the project is as infra/ says (or the plan was printed), 1 a step failed or nothing was done, with the reason,
# 2 wrong usage, 130 interrupted.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  ensure_venv "${FOR_OWNERS[@]}"
  PYTHONPATH="$ROOT/scripts:$ROOT/functions" exec "$PYTHON" -m provision.bootstrap "$@"
}

main "$@"
