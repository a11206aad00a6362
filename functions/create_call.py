"""/api/calls: calls that the server knows, and that end in time.

POST /api/calls?agent=&voice=  an SDP offer; 201 with OpenAI's answer byte for byte, Location, Voicemint-Ticket
                               and Voicemint-Month-Minutes-Left
POST /api/calls/register       {"call_id", "agent"?}, opened with a client secret; 201 {"ticket"}
POST /api/calls/hangup         {"ticket"}; 204, also when the call is over already
Errors: openapi.yaml. No other action on a call reaches OpenAI from a browser.
"""

import time
from typing import Any

from voicemint.access import access_for
from voicemint.admission import admission_for
from voicemint.agents import CLIENT_SECRET, DEFAULT_AGENT, UNIFIED, choose, load_agents
from voicemint.calls import KnownCall, call_of_ticket, check_call_id
from voicemint.cloud_logging import configure_logging, logger
from voicemint.errors import ApiError, InvalidRequest, LeashUnavailable, UnknownField
from voicemint.http import Answer, ApiRequest, Query, Route, entry_point
from voicemint.leash import Leash
from voicemint.minutes import Allowance
from voicemint.mounted_secret import MountedSecret
from voicemint.openai_api import CreatedCall, OpenAIApi
from voicemint.sdp import CONTENT_TYPE, MAX_OFFER_BYTES, check_offer
from voicemint.secrets import api_key_for
from voicemint.settings import Settings
from voicemint.signing import SigningKeys
from voicemint.strict_json import parse_json

PATH = "/api/calls"
MAX_JSON_BYTES = 2 * 1024
QUERY = {"agent", "voice"}

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
KEYS = MountedSecret(SETTINGS.signing_key_file, SigningKeys)
AGENTS = load_agents(SETTINGS.agents_folder)
ADMISSION = admission_for(SETTINGS)
OPENAI = OpenAIApi(SETTINGS.openai_base_url, api_key_for(SETTINGS))
LEASH = Leash.of(SETTINGS, KEYS.current)


def create(request: ApiRequest) -> Answer:
    chosen = _query(request.query())
    agent = choose(AGENTS, chosen.get("agent"), UNIFIED)
    session_config = agent.session_config(chosen.get("voice"))
    offer = check_offer(request.body)
    created: CreatedCall | None = None
    try:
        with ADMISSION.of(request.person) as allowance:
            created = OPENAI.create_call(offer, session_config, safety_identifier=request.person.safety_identifier)
            left = allowance()
            call = _new_call(created.call_id, request, chosen.get("agent"), UNIFIED, left)
            LEASH.hold(call)
    except BaseException:
        if created is not None:
            _end_unwanted(created.call_id)
        raise
    headers = {
        "Location": f"{PATH}/{created.call_id}",
        "Voicemint-Ticket": call.ticket(KEYS.current()),
        "Voicemint-Month-Minutes-Left": str(left.minutes),
    }
    return Answer(status=201, headers=headers, body=created.answer, content_type=CONTENT_TYPE)


def register(request: ApiRequest) -> Answer:
    body = _fields(request.body, {"call_id", "agent"})
    call_id, agent = check_call_id(body.get("call_id")), body.get("agent")
    if agent is not None and not isinstance(agent, str):
        raise InvalidRequest("agent must be a name (a JSON string).")
    choose(AGENTS, agent, CLIENT_SECRET)
    left = ADMISSION.check(request.person)
    call = LEASH.bind(_new_call(call_id, request, agent, CLIENT_SECRET, left))
    try:
        LEASH.hold(call)
    except LeashUnavailable:
        _end_unwanted(call_id)
        raise
    return Answer({"ticket": call.ticket(KEYS.current())}, status=201)


def hang_up(request: ApiRequest) -> Answer:
    body = _fields(request.body, {"ticket"})
    OPENAI.hang_up(call_of_ticket(KEYS.current(), body.get("ticket"), request.person.person_id))
    return Answer(status=204)


def _new_call(call_id: str, request: ApiRequest, agent: str | None, setup: str, left: Allowance) -> KnownCall:
    now = int(time.time())
    return KnownCall(
        call_id=call_id,
        person_id=request.person.person_id,
        agent=agent or DEFAULT_AGENT,
        setup=setup,
        started_at=now,
        deadline=now + left.seconds(choose(AGENTS, agent).call_seconds(SETTINGS.max_call_seconds)),
        epoch=request.person.epoch,
    )


def _end_unwanted(call_id: str) -> None:
    """End a call that must not be; the answer is an error already."""
    try:
        OPENAI.hang_up(call_id)
    except ApiError as error:
        logger.error("a call without a leash could not be hung up", exc_info=error)


def _query(query: Query) -> dict[str, str]:
    if not query.keys() <= QUERY:
        expected = ", ".join(sorted(QUERY))
        raise UnknownField(f"The address has a parameter that is not known here. Expected only: {expected}.")
    if any(len(query.getlist(name)) > 1 for name in query):
        raise InvalidRequest("A parameter of the address is given twice.")
    return query.to_dict()


def _fields(body: bytes, known: set[str]) -> dict[str, Any]:
    value = parse_json(body)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if not value.keys() <= known:
        raise UnknownField(f"The body has a field that is not known here. Expected only: {', '.join(sorted(known))}.")
    return value


_ACCESS = access_for(SETTINGS)

create_call = entry_point(
    "create_call",
    {
        ("POST", PATH): Route(answer=create, access=_ACCESS, content_type=CONTENT_TYPE, max_body_bytes=MAX_OFFER_BYTES),
        ("POST", f"{PATH}/register"): Route(
            answer=register, access=_ACCESS, content_type="application/json", max_body_bytes=MAX_JSON_BYTES
        ),
        ("POST", f"{PATH}/hangup"): Route(
            answer=hang_up, access=_ACCESS, content_type="application/json", max_body_bytes=MAX_JSON_BYTES
        ),
    },
)
