"""What a bootstrap ends with: where the page is, who may open it, and what a day can cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from common.gcloud import ROOT
from common.invite_words import qr_code
from owner.spend import WorstCase, formula, how_to_lower, worst_case
from voicemint.agents.files import load_agents
from voicemint.openai.prices import load_prices

from . import monitoring
from .apply import Ended
from .desired import Desired
from .reality import Reality

MINT_FLAGS = ROOT / "infra" / "functions" / "mint-client-secret.yaml"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """`invite` is the first guest's link, empty where somebody was invited before."""

    url: str
    invite: str
    worst_cases: tuple[WorstCase, ...]
    silent_alerts: int = 0
    channels_page: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "invite": self.invite,
            "worst_case_a_day": [formula(case) for case in self.worst_cases],
            "alerts_that_tell_nobody": self.silent_alerts,
        }


def ending_of(desired: Desired, ended: Sequence[Ended], reality: Reality) -> Ending:
    """Raises CommandFailed for an agent whose price nobody knows."""
    limit = int(yaml.safe_load(MINT_FLAGS.read_text(encoding="utf-8"))["--set-env-vars"]["DAILY_LIMIT"])
    prices = load_prices()
    return Ending(
        url=desired.names.site_url,
        invite=next((step.said.strip() for step in ended if step.step.id == "invite"), ""),
        silent_alerts=len(monitoring.silent(monitoring.ours_of(desired, reality))),
        channels_page=monitoring.channels_page(desired.names.project_id),
        worst_cases=tuple(worst_case(name, agent, limit, prices) for name, agent in sorted(load_agents().items())),
    )


def as_text(ending: Ending, *, colours: bool) -> str:
    lines = [f"The page: {ending.url}", qr_code(ending.url, colours=colours)]
    if ending.invite:
        lines += ["", "The first guest's link, good once and for a day (its QR code is above):", ending.invite]
    else:
        lines += ["", 'Let somebody in: scripts/invite.sh "Ana\'s iPad"']
    lines += ["", "What a day can cost at most, if every call that is allowed is made, and talked through to its end:"]
    lines += [f"  {formula(case)}" for case in ending.worst_cases]
    lines += [*how_to_lower(ending.worst_cases), "What is used of it, and all limits: scripts/limits.sh"]
    if ending.silent_alerts:
        lines += [
            "",
            f"Nobody is told when one of the {ending.silent_alerts} alerts fires: {monitoring.HOW_TO_BE_TOLD}.",
        ]
        lines += [f"Or choose whom in the console: {ending.channels_page}"]
    return "\n".join(lines)
