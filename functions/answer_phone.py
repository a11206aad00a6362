"""POST /api/phone: OpenAI tells of a phone call that rings; an agent answers it, or it is rejected.

In:  OpenAI's event, signed: see voicemint/openai/webhooks.py. Every failure of the signature is the same 401.
Out: 200 {"outcome"}; anything else makes OpenAI deliver it again.
Errors: openapi.yaml.

A call is rejected unless an agent's `[phone]` table lets it in: 603 (Decline) for who must not call, 486 (Busy Here)
for outside the hours, above a limit or after a stop. If the agents' files alone decide that, no object is
written, because a stranger can ring without limit. The hang-up task is scheduled before the call is accepted, so every
live call has a scheduled end. A retry after a crash has no second effect: the line's place and the tasks are the call's
own, and OpenAI accepts a call once.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import flask
from voicemint.access.person import NOBODY, Person
from voicemint.agents.agent import Agent
from voicemint.agents.call_mode import CallMode
from voicemint.agents.files import load_agents
from voicemint.agents.phone_table import PhonePolicy, lines_of
from voicemint.api.json_body import parse_json
from voicemint.api.routes import Answer, ApiRequest, Route, entry_point
from voicemint.calls.call import KnownCall
from voicemint.calls.deadline import CallDeadline
from voicemint.cloud_logging import configure_logging, logger
from voicemint.errors import (
    DailyLimitReached,
    InvalidRequest,
    InvalidSignature,
    LineBusy,
    MonthlyLimitReached,
    SecretUnavailable,
    Stopped,
    TooManyRequests,
)
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.admission import admission_for
from voicemint.openai.api import OpenAIApi
from voicemint.openai.webhooks import WebhookSecrets, claimed_delivery
from voicemint.phone.capacity import PhoneLine
from voicemint.phone.sip_headers import EVENT_TYPE, IncomingCall, incoming_call
from voicemint.phone.webhook_dedup import WebhookDedup
from voicemint.secrets.mounted import MountedSecret
from voicemint.secrets.openai_key import api_key_for
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

MAX_BODY_BYTES = 64 * 1024 - 1  # api/routes.py says why not one more
DECLINE, BUSY_HERE = 603, 486  # SIP, RFC 3261
ACCEPTED, REJECTED, OVER, IGNORED = "accepted", "rejected", "over", "ignored"
LIMITS = (Stopped, TooManyRequests, DailyLimitReached, MonthlyLimitReached, LineBusy)

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
AGENTS = load_agents(SETTINGS.agents_folder)
LINES = lines_of({name: agent.phone for name, agent in AGENTS.items()})
SECRETS = MountedSecret(SETTINGS.webhook_secret_file, WebhookSecrets)
BUCKET = ControlBucket.of(SETTINGS)
DELIVERIES = WebhookDedup(BUCKET)
# Everybody who calls a number is one person here. What bounds them is the line's own day: `max_minutes_per_day`.
ADMISSION = admission_for(replace(SETTINGS, person_daily_limit=SETTINGS.daily_limit))
OPENAI = OpenAIApi(SETTINGS.openai_base_url, api_key_for(SETTINGS))
CALL_DEADLINE = CallDeadline.of(SETTINGS, MountedSecret(SETTINGS.signing_key_file, SigningKeys).current)
PHONE_LINES = {name: PhoneLine(BUCKET, name, agent.phone) for name, agent in AGENTS.items() if agent.phone is not None}


def may_be_openai(request: flask.Request) -> Person:
    """The access of this route: the headers of a webhook, before its body is read. Raises InvalidSignature."""
    claimed_delivery(request.headers.get)
    return NOBODY


def answer(request: ApiRequest) -> Answer:
    webhook_id = _verified(request)
    event = parse_json(request.body)
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise InvalidRequest("Expected an event of OpenAI's: a JSON object with a type.")
    if event["type"] != EVENT_TYPE:
        return Answer({"outcome": IGNORED})
    return Answer({"outcome": _outcome(webhook_id, incoming_call(event.get("data")))})


def _verified(request: ApiRequest) -> str:
    """The delivery's id. Raises InvalidSignature, also where there is no secret that could have signed it."""
    try:
        return SECRETS.current().verify(request.header, request.body).webhook_id
    except SecretUnavailable:
        raise InvalidSignature from None


class Refusal(NamedTuple):
    sip_status: int
    why: str


def _outcome(webhook_id: str, call: IncomingCall) -> str:
    """To reject a call twice does no harm, so that is not deduplicated.

    A delivery that was begun stays with the deduplication, even if nobody would let its call in any more.
    """
    found = _answering(call)
    if isinstance(found, Refusal) and not DELIVERIES.has_begun(webhook_id):
        return _reject(call, found)
    return DELIVERIES.act(webhook_id, partial(_decide, call))


def _answering(call: IncomingCall) -> tuple[Agent, PhonePolicy] | Refusal:
    """Who answers, as the agents' files say. Reads and writes nothing."""
    agent = AGENTS.get(LINES.get(call.called or "", ""))
    policy = agent.phone if agent is not None else None
    if agent is None or policy is None:
        return Refusal(DECLINE, "no agent answers this number")
    if not policy.lets_in(call.caller):
        return Refusal(DECLINE, "the caller is not let in")
    if not policy.is_open(datetime.now(UTC)):
        return Refusal(BUSY_HERE, "outside the hours")
    return agent, policy


def _decide(call: IncomingCall) -> str:
    found = _answering(call)
    if isinstance(found, Refusal):
        return _reject(call, found)
    try:
        return _accept(call, *found)
    except LIMITS as limit:
        return _reject(call, Refusal(BUSY_HERE, limit.code))


def _accept(call: IncomingCall, agent: Agent, policy: PhonePolicy) -> str:
    """Raises one of LIMITS, or what makes OpenAI deliver it again."""
    person = Person(person_id=f"{CallMode.PHONE}-{agent.name}", name=f"The telephone of {agent.name}")
    with ADMISSION.of(person) as allowance:  # counted from here on, also where the call is over by now
        longest = allowance().seconds(agent.call_seconds(SETTINGS.max_call_seconds))
        place = PHONE_LINES[agent.name].take(call.call_id, longest)
    known = CALL_DEADLINE.bind(
        KnownCall(
            call_id=call.call_id,
            person_id=person.person_id,
            agent=agent.name,
            setup=CallMode.PHONE,
            started_at=place.started_at,
            deadline=place.ends_at,
        )
    )
    CALL_DEADLINE.end_in_time(known)
    session_config = policy.session_config(agent.session_config())
    rang = OPENAI.accept(call.call_id, session_config, safety_identifier=person.safety_identifier)
    CALL_DEADLINE.watch(known)  # also where it rings no more: an attempt that crashed may have accepted it
    return _told(call, ACCEPTED if rang else OVER, agent.name)


def _reject(call: IncomingCall, refusal: Refusal) -> str:
    rang = OPENAI.reject(call.call_id, refusal.sip_status)
    return _told(call, REJECTED if rang else OVER, refusal.why)


def _told(call: IncomingCall, outcome: str, why: str) -> str:
    """Numbers are personal data: none is written down."""
    logger.info("phone call", extra={"fields": {"call_id": call.call_id, "outcome": outcome, "why": why}})
    return outcome


answer_phone = entry_point(
    "answer_phone",
    {
        ("POST", "/api/phone"): Route(
            answer=answer, access=may_be_openai, content_type="application/json", max_body_bytes=MAX_BODY_BYTES
        )
    },
)
