#!/usr/bin/env bash
# Let agents answer phone calls: register the webhook at OpenAI, store its secret, try it, print the SIP address.
#
# Usage: scripts/phone.sh [--local] [--openai-project proj_…]   set up; run again, it changes what is not right yet
#        scripts/phone.sh [--local] --status                    say whether calls would be answered, and by whom
#        scripts/phone.sh [--local] --rotate                    exchange the signing secret; no call is lost
#        scripts/phone.sh [--local] --off                       answer no phone call any more
#
#   --dry-run    say what would be done, and do none of it
#   --local      the local run that scripts/dev.sh started, instead of the cloud
#   --folder F   the same, where scripts/dev.sh was given --folder F
#
# What you need: a phone number at a provider that can send calls to a SIP address (they call it a SIP trunk, or elastic
# SIP trunking), and an agent with a [phone] table. A call then goes: number, its provider, OpenAI, and OpenAI asks your
# site (the webhook) whether to answer. This sets up the last part, and prints the SIP address to give to the provider.
#
# Who is answered, when and how much stands in an agent's [phone] table: docs/agents.md. Without one, nobody is.
# Where the stored API key may not manage webhooks, this says what to do in OpenAI's console and asks for the signing
# secret: from a prompt that does not show it, or from stdin.
#
# PROJECT_ID         the Google Cloud project (from the environment or infra/project.env; no default)
# SITE_URL           where OpenAI delivers, at /api/phone (default: the project's Hosting site, which SITE names where it
#                    is not the default one)
# OPENAI_PROJECT_ID  your project at OpenAI, for the SIP address
#
# Exit: 0 done, 1 failed with the reason, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  run_owner_command phone "$@"
}

main "$@"
