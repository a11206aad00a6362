"""/api/calls: calls that the server knows, and that end in time.

POST /api/calls?agent=&voice=  an SDP offer; 201 with OpenAI's answer byte for byte, Location, Voicemint-Ticket
                               and Voicemint-Month-Minutes-Left
POST /api/calls/register       {"call_id", "agent"?}, opened with a client secret; 201 {"ticket"}
POST /api/calls/hangup         {"ticket"}; 204, also when the call is over already
Errors: openapi.yaml. No other action on a call reaches OpenAI from a browser.
"""

import time
from concurrent.futures import Future
from contextlib import suppress

from voicemint.access.modes import access_for
from voicemint.access.person import Person
from voicemint.agents.agent import CLIENT_SECRET, UNIFIED, Agent, choose
from voicemint.agents.files import load_agents
from voicemint.api.json_body import fields
from voicemint.api.routes import Answer, ApiRequest, Query, Route, entry_point
from voicemint.calls.call import KnownCall, call_of_ticket, check_call_id
from voicemint.calls.deadline import CallDeadline
from voicemint.calls.remembered import Remembered
from voicemint.calls.sdp import CONTENT_TYPE, MAX_OFFER_BYTES, check_offer
from voicemint.cloud_logging import configure_logging, logger
from voicemint.errors import (
    ApiError,
    ControlUnavailable,
    DeadlineUnavailable,
    InvalidRequest,
    TooManyCalls,
    UnknownField,
)
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.admission import admission_for
from voicemint.limits.calls_at_once import Places, free
from voicemint.limits.monthly_minutes import Allowance
from voicemint.limits.rate import RateLimit
from voicemint.openai.api import CreatedCall, OpenAIApi
from voicemint.secrets.mounted import MountedSecret
from voicemint.secrets.openai_key import api_key_for
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

PATH = "/api/calls"
MAX_JSON_BYTES = 2 * 1024
QUERY = {"agent", "voice"}
HANG_UPS_PER_MINUTE = 12  # of one person; nobody begins that many calls
OPENING_SECONDS = 30  # the function's own timeout: a call begins at most so long after its place was taken

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
KEYS = MountedSecret(SETTINGS.signing_key_file, SigningKeys)
AGENTS = load_agents(SETTINGS.agents_folder)
ADMISSION = admission_for(SETTINGS)
OPENAI = OpenAIApi(SETTINGS.openai_base_url, api_key_for(SETTINGS))
CALL_DEADLINE = CallDeadline.of(SETTINGS, KEYS.current)
CONTROL_BUCKET = ControlBucket.of(SETTINGS)
PLACES = Places(CONTROL_BUCKET, SETTINGS.max_calls_at_once)
HANG_UPS = RateLimit.of_people(HANG_UPS_PER_MINUTE)
HUNG_UP = Remembered(seconds=60)


def create(request: ApiRequest) -> Answer:
    chosen = _query(request.query())
    agent = choose(AGENTS, chosen.get("agent"), UNIFIED)
    session_config = agent.session_config(chosen.get("voice"))
    offer = check_offer(request.body)
    created: CreatedCall | None = None
    place: Future[str] | None = None
    try:
        with ADMISSION.of(request.person) as allowance:
            longest = agent.call_seconds(SETTINGS.max_call_seconds) + OPENING_SECONDS
            CALL_DEADLINE.get_ready()
            place = PLACES.begin_to_take(request.person.person_id, int(time.time()) + longest)
            created = OPENAI.create_call(offer, session_config, safety_identifier=request.person.safety_identifier)
            left = allowance()
            call = _new_call(created.call_id, request, agent, left)
            CALL_DEADLINE.hold_own(call, place.result())
    except BaseException:
        if created is not None:
            _end_unwanted(created.call_id)
        if place is not None:
            _free(request.person, place)
        raise
    headers = {
        "Location": f"{PATH}/{created.call_id}",
        "Voicemint-Ticket": call.ticket(KEYS.current(), place.result()),
        "Voicemint-Month-Minutes-Left": str(left.minutes),
    }
    return Answer(status=201, headers=headers, body=created.answer, content_type=CONTENT_TYPE)


def register(request: ApiRequest) -> Answer:
    body = fields(request.body, call_id=object, agent=str | None)
    call_id = check_call_id(body.get("call_id"))
    agent = choose(AGENTS, body.get("agent"), CLIENT_SECRET)
    left = ADMISSION.check(request.person)
    call, place = _bound(_new_call(call_id, request, agent, left))
    try:
        CALL_DEADLINE.hold(call, place)
    except DeadlineUnavailable:
        _end_unwanted(call_id)
        _free_quietly(call.person_id, place)
        raise
    return Answer({"ticket": call.ticket(KEYS.current(), place)}, status=201)


def hang_up(request: ApiRequest) -> Answer:
    body = fields(request.body, ticket=object)
    person_id = request.person.person_id
    call_id, place = call_of_ticket(KEYS.current(), body.get("ticket"), person_id)
    if HUNG_UP.is_remembered(call_id):
        return Answer(status=204)
    HANG_UPS.take(person_id)
    OPENAI.hang_up(call_id)
    HUNG_UP.remember(call_id)
    _free_quietly(person_id, place)
    return Answer(status=204)


def _bound(call: KnownCall) -> tuple[KnownCall, str]:
    """The call as it is bound to its person, and its place; "" where it has one already.

    Raises CallTaken, ControlUnavailable, or TooManyCalls: then the call was hung up.
    """
    bound = CALL_DEADLINE.bound(call.call_id, call.person_id)
    if bound is not None:
        return bound, ""
    try:
        place = PLACES.take(call.person_id, call.deadline)
    except TooManyCalls:
        _end_unwanted(call.call_id)
        raise
    try:
        bound = CALL_DEADLINE.bind(call)
    except ApiError:
        _free_quietly(call.person_id, place)
        raise
    if bound is not call:  # registered twice at once
        _free_quietly(call.person_id, place)
        return bound, ""
    return bound, place


def _free(person: Person, place: "Future[str]") -> None:
    with suppress(ApiError):  # there was none, and that is the answer already
        _free_quietly(person.person_id, place.result())


def _free_quietly(person_id: str, place: str) -> None:
    """It is free at its deadline in any case."""
    with suppress(ControlUnavailable):
        free(CONTROL_BUCKET, person_id, place)


def _new_call(call_id: str, request: ApiRequest, agent: Agent, left: Allowance) -> KnownCall:
    now = int(time.time())
    return KnownCall(
        call_id=call_id,
        person_id=request.person.person_id,
        agent=agent.name,
        setup=agent.setup,
        started_at=now,
        deadline=now + left.seconds(agent.call_seconds(SETTINGS.max_call_seconds)),
        epoch=request.person.epoch,
    )


def _end_unwanted(call_id: str) -> None:
    """End a call that must not be; the answer is an error already."""
    try:
        OPENAI.hang_up(call_id)
    except ApiError as error:
        logger.error("a call without a deadline could not be hung up", exc_info=error)


def _query(query: Query) -> dict[str, str]:
    if not query.keys() <= QUERY:
        expected = ", ".join(sorted(QUERY))
        raise UnknownField(f"Unknown query parameter. Allowed: {expected}.")
    if any(len(query.getlist(name)) > 1 for name in query):
        raise InvalidRequest("A parameter of the address is given twice.")
    return query.to_dict()


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
