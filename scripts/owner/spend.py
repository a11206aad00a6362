"""What a day can cost at most, by OpenAI's prices: functions/voicemint/openai/prices.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.console import CommandFailed
from voicemint.agents.agent import Agent
from voicemint.agents.files import MAX_CALL_MINUTES
from voicemint.openai.prices import PRICES_FILE, Prices

ORDINARY_MINUTES = 10
TALKING = 0.5  # of a minute, the person; the other half, the model


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """A day on which every client secret is used, and every call is talked through. Money in USD."""

    agent: str
    model: str
    calls: int
    minutes_per_call: int
    usd_per_minute: float

    @property
    def usd(self) -> float:
        return self.calls * self.minutes_per_call * self.usd_per_minute

    @property
    def usd_at_longest(self) -> float:
        """The same, where no call ends before OpenAI ends it."""
        return self.calls * MAX_CALL_MINUTES * self.usd_per_minute


def worst_case(name: str, agent: Agent, daily_limit: int, prices: Prices) -> WorstCase:
    return WorstCase(
        agent=name,
        model=agent.model,
        calls=daily_limit,
        minutes_per_call=agent.max_call_minutes,
        usd_per_minute=usd_per_minute(agent.model, agent.transcription, prices),
    )


def formula(case: WorstCase) -> str:
    return (
        f"{case.agent} ({case.model}): {case.calls} calls x {case.minutes_per_call} min x "
        f"${case.usd_per_minute:.5f}/min = ${case.usd:,.2f}; "
        f"${case.usd_at_longest:,.2f} if every call lasts the {MAX_CALL_MINUTES} min after which OpenAI ends it"
    )


def how_to_lower(cases: Sequence[WorstCase]) -> list[str]:
    """What an ordinary call costs, and which two numbers of whose files make the worst case smaller."""
    if not cases:
        return []
    dearest = max(cases, key=lambda case: case.usd)
    calls, minutes, usd = max(1, dearest.calls // 5), max(1, dearest.minutes_per_call // 2), dearest.usd_per_minute
    return [
        f"An ordinary call of {ORDINARY_MINUTES} minutes costs about ${ORDINARY_MINUTES * usd:,.2f}.",
        "To lower it: write fewer calls a day (DAILY_LIMIT) into infra/functions/mint-client-secret.yaml, or fewer",
        f"minutes (max_call_minutes) into functions/agents/{dearest.agent}.toml, then run scripts/release.sh.",
        f"With {calls} calls of {minutes} minutes it is ${calls * minutes * usd:,.2f} a day.",
    ]


def usd_per_minute(model: str, transcription: str, prices: Prices) -> float:
    """A minute of talk, half of it each: audio in, audio out, and the transcription of what was heard.

    Not in it: instructions and the conversation so far, which every turn reads again at the price of cached tokens.
    """
    tokens = prices["audio_tokens_per_minute"]
    audio = _known(prices["usd_per_million_tokens"], model)["audio"]
    heard = tokens["input"] * TALKING * audio["input"] / 1e6
    said = tokens["output"] * (1 - TALKING) * audio["output"] / 1e6
    return float(heard + said + TALKING * _known(prices["transcription_usd_per_minute"], transcription))


def _known(table: Mapping[str, Any], model: str) -> Any:
    if model not in table:
        raise CommandFailed(
            happened=f"An agent's model, {model}, has no price. These have one: {', '.join(table)}",
            todo=f"Add its price to functions/voicemint/{PRICES_FILE.name}, from https://openai.com/api/pricing.",
        )
    return table[model]
