"""The command line of scripts/limits.sh."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from common.command_line import CommandLine
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from voicemint.agents import CLIENT_SECRET, MAX_CALL_MINUTES, UNIFIED, Agent, load_agents
from voicemint.openai_api import CLIENT_SECRET_TTL_SECONDS
from voicemint.prices import Prices, load_prices

from .console import run, say, show
from .control_state import TIMEOUT_SECONDS, read_control
from .project import Project, add_project_options, project_of
from .spend import WorstCase, worst_case

OF_CLIENT_SECRETS = (
    f"a client secret may open several calls during the {CLIENT_SECRET_TTL_SECONDS} s that it lives",
    "max_call_minutes and max_call_cents hold for calls that the server knows: a page may keep its own to itself, "
    f"and OpenAI ends that one after {MAX_CALL_MINUTES} minutes",
    "whoever holds a client secret may ask for longer answers; the model stays the one that was minted",
    f'setup = "{UNIFIED}" in every agent\'s file ends all of this (CLIENT_SECRETS: refused sees to it)',
)
NOT_COVERED = (
    "instructions and the conversation so far are read again at every turn, at the price of cached tokens",
    "the hard limit is OpenAI's: prepaid credit with automatic recharge off",
)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = project_of(options)
    prices = load_prices()
    agents = dict(sorted(load_agents().items()))
    cases = [worst_case(name, agent, project.settings.daily_limit, prices) for name, agent in agents.items()]
    say("Reading the control bucket")
    found = report(project, cases, prices, datetime.now(UTC).date()) | {"not_covered": not_covered(agents)}
    show(json.dumps(found, indent=2, ensure_ascii=False) if options.json else as_text(found))
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/limits.sh")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")
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
    """How many blocks were leased on `day`: functions/voicemint/limits.py says what a slot object is."""
    fields = "items(name),nextPageToken"
    return sum(1 for _ in bucket.list_blobs(prefix=f"minted/{day}/", fields=fields, timeout=TIMEOUT_SECONDS))


def as_text(found: dict[str, Any]) -> str:
    limits, today = found["limits"], found["today"]
    allowed = "allowed" if found["state"] == "running" else "stopped"
    instances = f", {limits['max_instances']} instances at most" if limits["max_instances"] else ""
    return "\n".join(
        [
            f"Calls are {allowed}. Limits, from {found['limits_from']}:",
            f"  a day, over everybody   {limits['daily_limit']} client secrets and calls (DAILY_LIMIT)",
            f"  a person, per instance  {limits['person_per_minute']} a minute (PERSON_PER_MINUTE)",
            f"  an instance             {limits['instance_per_minute']} a minute (INSTANCE_PER_MINUTE){instances}",
            f"  a person, a month       {limits['monthly_minutes']} minutes of calls (MONTHLY_MINUTES)",
            "",
            f"Today, {today['day']} UTC: at most {today['at_most']} of {limits['daily_limit']} used "
            f"({today['blocks']} blocks of {limits['daily_block']})",
            "",
            f"Worst case a day, where everybody talks without a pause (prices of {found['prices_as_of']}):",
            *map(_formula, found["worst_case_a_day"]),
            "",
            "Not covered by that:",
            *(f"  - {line}" for line in found["not_covered"]),
        ]
    )


def _formula(case: dict[str, Any]) -> str:
    return (
        f"  {case['agent']} ({case['model']}): {case['calls']} calls x {case['minutes_per_call']} min x "
        f"${case['usd_per_minute']:.5f}/min = ${case['usd']:,.2f}; "
        f"at {MAX_CALL_MINUTES} min a call ${case['usd_at_longest']:,.2f}"
    )


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
