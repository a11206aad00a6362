"""Whom the alerts tell, as doctor.sh and bootstrap.sh say it: an alert without a channel tells nobody."""

import pytest
from provision.doctor.watching import watching
from provision.ending import as_text, ending_of
from provision.findings import Finding
from provision.reality import Reality

from .test_doctor_judgements import DESIRED, PROJECT_ID, context, only
from .test_provision import IDENTITY

CHANNEL = f"projects/{PROJECT_ID}/notificationChannels/1"
ALERTS = [
    {**alert.content, "name": f"projects/{PROJECT_ID}/alertPolicies/{number}"}
    for number, alert in enumerate(DESIRED.alerts)
]
TOLD = [{**alert, "notificationChannels": [CHANNEL]} for alert in ALERTS]
PAGE = f"https://console.cloud.google.com/monitoring/alerting/notifications?project={PROJECT_ID}"


@pytest.mark.parametrize(
    ("alerts", "title"),
    [
        (ALERTS, f"{len(ALERTS)} of {len(ALERTS)} alerts tell nobody"),
        ([*TOLD[1:], ALERTS[0]], f"1 of {len(ALERTS)} alerts tell nobody"),
        ([*TOLD[1:], {**TOLD[0], "notificationChannels": []}], f"1 of {len(ALERTS)} alerts tell nobody"),
    ],
    ids=["none has a channel", "one has none", "one has an empty list"],
)
def test_the_doctor_says_that_an_alert_tells_nobody_and_where_to_choose_whom(
    alerts: list[dict[str, object]], title: str
) -> None:
    found = only(watching(context({}, alerts=alerts)))
    assert (found.status, found.fix) == ("warning", PAGE)
    assert found.title.startswith(title)


def test_the_doctor_is_content_when_every_alert_tells_somebody() -> None:
    assert only(watching(context({}, alerts=TOLD))) == Finding("alerts-tell", "ok", "Every alert tells somebody")


def test_alerts_that_are_not_there_are_said_elsewhere() -> None:
    assert list(watching(context({}))) == []


def ending_with(alerts: list[dict[str, object]]) -> str:
    reality = Reality(identity=IDENTITY, alerts=tuple(alerts))
    return as_text(ending_of(DESIRED, [], reality), colours=False)


def test_a_bootstrap_ends_with_where_to_say_whom_alerts_tell() -> None:
    said = ending_with(ALERTS)
    assert f"Nobody is told when one of the {len(ALERTS)} alerts fires, until you say whom:\n  {PAGE}\n" in said


def test_a_bootstrap_says_nothing_of_alerts_that_tell_somebody() -> None:
    assert "alerts fires" not in ending_with(TOLD)


def test_a_bootstrap_ends_with_how_to_lower_what_a_day_can_cost() -> None:
    said = ending_with(TOLD)
    assert "What a day can cost at most, if every call that is allowed is made" in said
    assert "To lower it: write fewer calls a day (DAILY_LIMIT)" in said
