"""POST /api/client-secrets: the browser gets a short-lived client secret for one of our agents.

In:  {"agent"?: name, "voice"?: name}, from an allow-list; everything else OpenAI is told comes from the agent's file.
Out: {"value", "expires_at" (epoch seconds), "model", "calls_url", "max_call_seconds", "month_minutes_left"}.
Errors: openapi.yaml.
"""

from voicemint.access.modes import access_for
from voicemint.agents.agent import CLIENT_SECRET, choose
from voicemint.agents.files import load_agents, refuse_client_secrets
from voicemint.api.json_body import fields
from voicemint.api.routes import Answer, ApiRequest, Route, entry_point
from voicemint.cloud_logging import configure_logging
from voicemint.limits.admission import admission_for
from voicemint.openai.api import OpenAIApi
from voicemint.secrets.openai_key import api_key_for
from voicemint.settings import Settings

MAX_BODY_BYTES = 4 * 1024

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
AGENTS = load_agents(SETTINGS.agents_folder)
if SETTINGS.client_secrets == "refused":
    refuse_client_secrets(AGENTS)
ADMISSION = admission_for(SETTINGS)
OPENAI = OpenAIApi(SETTINGS.openai_base_url, api_key_for(SETTINGS))


def mint(request: ApiRequest) -> Answer:
    chosen = fields(request.body, agent=str, voice=str)
    agent = choose(AGENTS, chosen.get("agent"), CLIENT_SECRET)
    session_config = agent.session_config(chosen.get("voice"))
    with ADMISSION.of(request.person) as allowance:
        client_secret = OPENAI.mint(session_config, safety_identifier=request.person.safety_identifier)
    left = allowance()
    return Answer(
        {
            "value": client_secret.value,
            "expires_at": client_secret.expires_at,
            "model": agent.model,
            "calls_url": SETTINGS.calls_url,
            "max_call_seconds": left.seconds(agent.call_seconds(SETTINGS.max_call_seconds)),
            "month_minutes_left": left.minutes,
        }
    )


mint_client_secret = entry_point(
    "mint_client_secret",
    {
        ("POST", "/api/client-secrets"): Route(
            answer=mint,
            access=access_for(SETTINGS),
            content_type="application/json",
            max_body_bytes=MAX_BODY_BYTES,
        )
    },
)
