"""Whom the alerts tell, as doctor.sh and bootstrap.sh say it: an alert without a channel tells nobody."""

from dataclasses import replace
from pathlib import Path

import pytest
from common.console import CommandFailed
from common.gcloud import Gcloud
from common.names import read_names
from provision import monitoring
from provision.desired import LABEL, LABEL_VALUE, Desired
from provision.doctor.watching import watching
from provision.ending import as_text, ending_of
from provision.findings import Finding
from provision.reality import Reality

from .test_doctor_judgements import DESIRED, PROJECT_ID, context, only
from .test_provision import IDENTITY

MARK = {LABEL: LABEL_VALUE}
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
    assert (found.status, PAGE in found.detail, "ALERT_EMAIL" in found.fix) == ("warning", True, True)
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
    assert f"Nobody is told when one of the {len(ALERTS)} alerts fires: to be mailed, write ALERT_EMAIL=" in said
    assert f"Or choose whom in the console: {PAGE}" in said


def test_a_bootstrap_says_nothing_of_alerts_that_tell_somebody() -> None:
    assert "alerts fires" not in ending_with(TOLD)


def test_a_bootstrap_ends_with_how_to_lower_what_a_day_can_cost() -> None:
    said = ending_with(TOLD)
    assert "What a day can cost at most, if every call that is allowed is made" in said
    assert "To lower it: write fewer calls a day (DAILY_LIMIT)" in said


MAILED = replace(DESIRED, names=replace(DESIRED.names, alert_email="me@example.com"))
OURS = {"name": CHANNEL, "type": "email", "labels": {"email_address": "me@example.com"}, "userLabels": MARK}


def lines_for(desired: Desired, alerts: list[dict[str, object]], *channels: dict[str, object]) -> list[str]:
    """The commands about alerts and channels."""
    reality = Reality(identity=IDENTITY, alerts=tuple(alerts), channels=channels)
    steps = monitoring.steps(Gcloud(PROJECT_ID), desired, reality)
    return [action.line for step in steps if step.id.startswith(("channel", "alert/")) for action in step.actions]


def test_without_an_address_nothing_is_done_about_channels() -> None:
    assert lines_for(DESIRED, ALERTS) == []
    assert lines_for(DESIRED, TOLD, OURS) == []


def test_an_address_gets_a_channel_and_then_every_alert_leads_to_it() -> None:
    (create,) = lines_for(MAILED, ALERTS)
    assert "alpha monitoring channels create" in create
    assert "--channel-labels=email_address=me@example.com" in create
    adds = lines_for(MAILED, ALERTS, OURS)
    assert len(adds) == len(ALERTS)
    assert [line for line in adds if f"--add-notification-channels={CHANNEL}" not in line] == []
    assert lines_for(MAILED, TOLD, OURS) == []


def test_another_address_changes_the_channel_and_a_channel_of_the_owners_is_left_alone() -> None:
    (update,) = lines_for(MAILED, TOLD, {**OURS, "labels": {"email_address": "before@example.com"}})
    assert f"channels update {CHANNEL} --update-channel-labels=email_address=me@example.com" in update
    (create,) = lines_for(MAILED, ALERTS, {**OURS, "userLabels": {}})
    assert "channels create" in create


@pytest.mark.parametrize("email", ["me", "me@example.com,you@example.com", "me@example", "a=b@example.com"])
def test_what_is_no_address_is_refused(email: str, tmp_path: Path) -> None:
    file = tmp_path / "project.env"
    file.write_text(f"PROJECT_ID={PROJECT_ID}\nREGION=us-central1\nALERT_EMAIL={email}\n")
    with pytest.raises(CommandFailed, match=f"ALERT_EMAIL is {email!r}, which is not one address"):
        read_names({}, file)
