"""The check without our functions: this machine mints with OPENAI_API_KEY, as mint_client_secret would."""

import json
from typing import Any

from voicemint.agents.agent import choose
from voicemint.agents.files import load_agents

from .site import ClientSecret, Visit, describe, expect_usable, post_json
from .steps import StepFailed

TTL_SECONDS = 60


def session_config(agent: str) -> dict[str, Any]:
    """Model and voice of one of our agents. Raises UnknownAgent, or SettingsError for a file that is wrong."""
    chosen = choose(load_agents(), agent)
    return {"type": "realtime", "model": chosen.model, "audio": {"output": {"voice": chosen.voice}}}


async def check_direct_mint(visit: Visit) -> str:
    url = f"{visit.url}/realtime/client_secrets"
    expires_after = {"anchor": "created_at", "seconds": TTL_SECONDS}
    body = json.dumps({"expires_after": expires_after, "session": visit.mint_body})
    answer = await post_json(visit, url, body, {"Content-Type": "application/json"})
    value, expires_at = answer.get("value"), answer.get("expires_at")
    if not isinstance(value, str) or not isinstance(expires_at, int):
        raise StepFailed(
            expected=f"value and expires_at from POST {url}",
            found=f"the fields {', '.join(answer) or '(none)'}",
            todo="Check OPENAI_BASE_URL: this is not the Realtime API.",
        )
    visit.client_secret = ClientSecret(value, expires_at, visit.mint_body["model"], f"{visit.url}/realtime/calls")
    expect_usable(visit.client_secret)
    return describe(visit.client_secret)
