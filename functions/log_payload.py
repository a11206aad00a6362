"""POST /api/logs: a batch of a call's events becomes one object in the bucket.

In:  newline-delimited JSON, less than 64 KiB and at most 200 lines; header Voicemint-Batch: <call id>/<sequence>.
Out: {"stored": number of events, "object": name}, sent only when the object is there. A batch sent twice is one object.
A batch of a call is stored only where the call is the sender's; ids that begin with `page_` are a page's own.
Header Voicemint-Person, where the page sends it: whose batch it is. It is stored as nobody else's.
Errors: openapi.yaml.
"""

from datetime import UTC, datetime

from voicemint.access.modes import access_for
from voicemint.access.person import unrevoked
from voicemint.api.routes import Answer, ApiRequest, Route, entry_point
from voicemint.cloud_logging import configure_logging
from voicemint.control.stop_switch import Control
from voicemint.errors import AnotherPerson
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.payload_bucket import Bucket
from voicemint.limits.log_bytes import DailyBytes
from voicemint.limits.rate import RateLimit
from voicemint.payloads.batch import (
    MAX_BATCH_BYTES,
    batch_day,
    encode_records,
    object_name,
    parse_batch,
    parse_batch_header,
)
from voicemint.payloads.owner import BatchOwners
from voicemint.settings import Settings

CONTENT_TYPE = "application/x-ndjson"
MIB = 1024 * 1024

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
CONTROL_BUCKET = ControlBucket.of(SETTINGS)
CONTROL = Control(CONTROL_BUCKET)
OWNERS = BatchOwners(CONTROL_BUCKET)
RATE = RateLimit.of_people(SETTINGS.logs_per_minute)
DAILY_BYTES = DailyBytes(SETTINGS.log_mib_per_day * MIB)
BUCKET = Bucket(SETTINGS.payload_bucket, SETTINGS.project_id)


def store(request: ApiRequest) -> Answer:
    person_id = request.person.person_id
    RATE.take(person_id)
    if request.header("Voicemint-Person") not in (None, request.person.mark):
        raise AnotherPerson  # who signed in on this device, or in another tab, after the batch was written
    call_id, sequence = parse_batch_header(request.header("Voicemint-Batch"))
    events = parse_batch(request.body, SETTINGS.payload_level)
    if SETTINGS.payload_level == "off":
        return Answer({"stored": 0, "object": None})
    folder = OWNERS.folder_of(call_id, person_id)
    DAILY_BYTES.take(person_id, len(request.body))
    now = datetime.now(UTC)
    name = object_name(folder, sequence, request.body, batch_day(events, now))
    server_fields = {
        "call_id": folder,
        "sequence": sequence,
        "person": person_id,
        "received_at": now.isoformat(),
        "request_id": request.request_id,
    }
    BUCKET.create(name, encode_records(events, server_fields), CONTENT_TYPE)
    return Answer({"stored": len(events), "object": name})


log_payload = entry_point(
    "log_payload",
    {
        ("POST", "/api/logs"): Route(
            answer=store,
            access=unrevoked(access_for(SETTINGS), CONTROL),
            content_type=CONTENT_TYPE,
            max_body_bytes=MAX_BATCH_BYTES,
        )
    },
)
