"""The command line of scripts/limits.sh."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from common.command_line import CommandLine
from common.console import run, say, show
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from voicemint.agents.agent import CLIENT_SECRET, UNIFIED, Agent
from voicemint.agents.files import MAX_CALL_MINUTES, load_agents
from voicemint.openai.api import CLIENT_SECRET_TTL_SECONDS
from voicemint.openai.prices import Prices, load_prices

from .control_state import TIMEOUT_SECONDS, read_control
from .project import Project, add_project_options, project_of
from .spend import WorstCase, formula, how_to_lower, worst_case

OF_CLIENT_SECRETS = (
    "A page is given a client secret (a pass that opens a call at OpenAI; it is not your key). During the "
    f"{CLIENT_SECRET_TTL_SECONDS} s that it lives, somebody who knows how can open several calls with it.",
    "max_call_minutes and max_call_cents end the calls that the server knows. Somebody who knows how can keep a call "
    f"from it; OpenAI ends that one after {MAX_CALL_MINUTES} minutes.",
    "Whoever holds a client secret can ask for longer answers. The model stays the one that you chose.",
    f'To rule all of this out, write setup = "{UNIFIED}" into every file of functions/agents/, and CLIENT_SECRETS: '
    "refused into infra/functions/mint-client-secret.yaml: then the server opens every call, and no page gets a pass.",
)
NOT_COVERED = (
    "OpenAI reads the instructions and the conversation so far again at every turn, and charges a little for it.",
    "Only OpenAI's own limit is hard: buy credit there in advance, and leave automatic recharge off.",
)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = project_of(options)
    prices = load_prices()
    agents = dict(sorted(load_agents().items()))
    cases = [worst_case(name, agent, project.settings.daily_limit, prices) for name, agent in agents.items()]
    say("Reading the control bucket")
    found = report(project, cases, prices, datetime.now(UTC).date()) | {"not_covered": not_covered(agents)}
    show(json.dumps(found, indent=2, ensure_ascii=False) if options.json else as_text(found, cases))
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/limits.sh")
    parser.add_argument("--json", action="store_true")
    add_project_options(parser)
    return parser.parse_args(arguments)


def report(project: Project, cases: Sequence[WorstCase], prices: Prices, today: date) -> dict[str, Any]:
    """Everything there is to say, as --json says it."""
    settings = project.settings
    blocks = leased_blocks(project.control_bucket, today)
    state = read_control(project.control_bucket)
    return {
        "state": "running" if state and not state.stopped else "stopped",
        "limits_from": project.limits_from,
        "limits": {
            "daily_limit": settings.daily_limit,
            "daily_block": settings.daily_block,
            "person_daily_limit": settings.person_daily_limit,
            "max_calls_at_once": settings.max_calls_at_once,
            "person_per_minute": settings.person_per_minute,
            "instance_per_minute": settings.instance_per_minute,
            "max_instances": project.max_instances,
            "monthly_minutes": settings.monthly_minutes,
        },
        "today": {
            "day": today.isoformat(),
            "blocks": blocks,
            "at_most": min(blocks * settings.daily_block, settings.daily_limit),
        },
        "worst_case_a_day": [
            {**asdict(case), "usd": round(case.usd, 2), "usd_at_longest": round(case.usd_at_longest, 2)}
            for case in cases
        ],
        "prices_as_of": prices["as_of"],
    }


def not_covered(agents: Mapping[str, Agent]) -> list[str]:
    """What the limits do not bound, with these agents."""
    of_client_secrets = any(agent.setup == CLIENT_SECRET for agent in agents.values())
    return [*(OF_CLIENT_SECRETS if of_client_secrets else ()), *NOT_COVERED]


def leased_blocks(bucket: storage.Bucket, day: date) -> int:
    """How many blocks were leased on `day`: functions/voicemint/limits/daily.py says what a slot object is."""
    fields = "items(name),nextPageToken"
    return sum(1 for _ in bucket.list_blobs(prefix=f"minted/{day}/", fields=fields, timeout=TIMEOUT_SECONDS))


def as_text(found: dict[str, Any], cases: Sequence[WorstCase]) -> str:
    limits, today = found["limits"], found["today"]
    allowed = "allowed" if found["state"] == "running" else "stopped"
    copies = f", of which there are {limits['max_instances']} at most" if limits["max_instances"] else ""
    return "\n".join(
        [
            f"Calls are {allowed}. Limits, from {found['limits_from']}:",
            f"  {limits['daily_limit']} calls a day, of all people together (DAILY_LIMIT)",
            f"  {limits['person_daily_limit']} of them, of each person (PERSON_DAILY_LIMIT)",
            f"  {limits['max_calls_at_once'] or 'any number of'} calls at the same time, of each person "
            "(MAX_CALLS_AT_ONCE)",
            f"  {limits['monthly_minutes']} minutes of calls a month, of each person (MONTHLY_MINUTES)",
            f"  {limits['person_per_minute']} calls begun a minute, of each person (PERSON_PER_MINUTE)",
            f"  {limits['instance_per_minute']} calls begun a minute, of all people together (INSTANCE_PER_MINUTE)",
            f"The last two are counted by each running copy of a function for itself{copies}.",
            "",
            f"Used today ({today['day']} UTC): at most {today['at_most']} of {limits['daily_limit']} calls. "
            f"They are counted {limits['daily_block']} at a time.",
            "",
            f"What a day can cost at most (OpenAI's prices of {found['prices_as_of']}), if every call that is allowed "
            "is made, and talked through to its end:",
            *(f"  {formula(case)}" for case in cases),
            *how_to_lower(cases),
            "",
            "Not covered by that:",
            *(f"  - {line}" for line in found["not_covered"]),
        ]
    )


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
