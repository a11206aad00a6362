"""Whom the alerts tell, where ALERT_EMAIL says it: a notification channel of ours, and the alerts that lead to it.

Without ALERT_EMAIL the owner chooses in the console, which every step leaves as it is.
"""

from collections.abc import Iterator

from common.gcloud import Gcloud

from .desired import LABEL, LABEL_VALUE, Desired
from .reality import Json, Reality
from .steps import Action, Step

DISPLAY_NAME = "Voicemint alerts"
ADDRESS = "email_address"
CHANNELS = ("alpha", "monitoring", "channels")


def steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    """What makes the channel. The alerts are led to it by the next look: only then is its name known."""
    email, ours = desired.names.alert_email, made_here(reality)
    if email and not ours:
        create = gcloud.command(
            *CHANNELS, "create", f"--display-name={DISPLAY_NAME}", "--type=email",
            f"--channel-labels={ADDRESS}={email}", f"--user-labels={LABEL}={LABEL_VALUE}",
        )  # fmt: skip
        listing = (*CHANNELS, "list", f'--filter=displayName="{DISPLAY_NAME}"')
        title = f"Have the alerts mailed to {email}: make the channel, to which the alerts are led afterwards"
        yield Step(
            id="channel", title=title, actions=(Action(command=tuple(create), check=listing),), needs=("services",)
        )
    elif email and ours[0].get("labels", {}).get(ADDRESS) != email:
        update = gcloud.command(*CHANNELS, "update", str(ours[0]["name"]), f"--update-channel-labels={ADDRESS}={email}")
        yield Step(id="channel", title=f"Mail the alerts to {email}", actions=(Action(command=tuple(update)),))


def wanted(desired: Desired, reality: Reality) -> str:
    """The name of the channel that every alert should lead to; empty where none is wanted, or there yet."""
    ours = made_here(reality)
    return str(ours[0]["name"]) if desired.names.alert_email and ours else ""


def made_here(reality: Reality) -> list[Json]:
    """In an order that stays the same from run to run."""
    marked = (found for found in reality.channels if found.get("userLabels", {}).get(LABEL) == LABEL_VALUE)
    return sorted(marked, key=lambda found: str(found["name"]))
