"""gcloud itself: is it there, who is signed in, is this machine's clock right."""

from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime

from ..configuration import SECRETS
from ..findings import Finding, Status
from .answers import Refusal
from .context import Context, ok, reason

TESTED_VERSION = 528
INSTALL = "https://cloud.google.com/sdk/docs/install"
CLOCK_WARNING_SECONDS = 60
CLOCK_PROBLEM_SECONDS = 300


def gcloud(context: Context) -> Iterable[Finding]:
    answer = context.of("gcloud")
    if not answer.ok:
        yield Finding("gcloud", "problem", "gcloud is not installed, or does not start", answer.said, INSTALL)
        return
    version = str(answer.value["basic"]["version"])
    major = int(version.partition(".")[0]) if version.partition(".")[0].isdigit() else 0
    if "alpha" not in answer.value["installation"]["components"]:
        title = "gcloud lacks its alpha commands, which the alerts need"
        yield Finding("gcloud", "problem", title, f"gcloud {version}", "gcloud components install alpha")
    elif major < TESTED_VERSION:
        title = f"gcloud {version} is older than {TESTED_VERSION}, which this was tested with"
        yield Finding("gcloud", "warning", title, "", "gcloud components update")
    else:
        yield ok("gcloud", f"gcloud {version}")


def sign_in(context: Context) -> Iterable[Finding]:
    token = context.of("token")
    if token.ok:
        acting = f", acting as {impersonated(context)}" if impersonated(context) else ""
        yield ok("sign-in", f"Signed in as {account(context) or 'an account whose name gcloud does not say'}{acting}")
    elif token.refusal is Refusal.NO_ANSWER:
        yield Finding("sign-in", "unknown", "The sign-in was not checked", reason(token), "Is the network there?")
    else:
        yield Finding("sign-in", "problem", "gcloud is not signed in", token.said, "gcloud auth login")


def other_sign_in(context: Context) -> Iterable[Finding]:
    """Application Default Credentials that are wrong: the commands here do without, other programs do not."""
    if flaw := context.default_credentials:
        detail = "the commands here act by gcloud's own sign-in; Google's clients in other programs take these"
        yield Finding("default-credentials", "warning", f"{flaw.what[0].upper()}{flaw.what[1:]}", detail, flaw.fix)


def account(context: Context) -> str:
    """Whom gcloud asks as; empty where it does not say."""
    answer = context.of("gcloud")
    return str(answer.value["config"].get("account") or "") if answer.ok else ""


def impersonated(context: Context) -> str:
    """As whom gcloud acts instead; empty where it does not."""
    answer = context.of("gcloud")
    properties = answer.value["config"].get("properties", {}) if answer.ok else {}
    said = properties.get("auth", {}).get("impersonate_service_account")
    return str((said.get("value") if isinstance(said, dict) else said) or "")


def pinned(context: Context) -> Iterable[Finding]:
    """A bootstrap works in a configuration of the project's own: does that act as the owner's shell does?"""
    for setting, (value, active) in context.configurations.different.items():
        if setting not in SECRETS:
            name = str((context.configurations.pinned or {})["name"])
            title = f"A bootstrap works with {setting} = {value}, and your shell with {active or 'none'}"
            fix = f"gcloud config set {setting} {active or 'VALUE'} --configuration={name} (or unset {setting})"
            yield Finding(f"configuration:{setting}", "warning", title, "scripts/bootstrap.sh made it so once", fix)


def network(context: Context) -> Iterable[Finding]:
    if not is_reached(context):
        fix = "Check the network, and HTTPS_PROXY if there is one: curl -sI https://www.googleapis.com"
        said = context.of("permissions").said
        yield Finding("network", "problem", "Google cannot be reached from here", said, fix)


def is_signed_in(context: Context) -> bool:
    return context.of("token").ok


def is_reached(context: Context) -> bool:
    asked = [context.of(name) for name in ("permissions", "project", "billing", "services")]
    return any(answer.refusal is not Refusal.NO_ANSWER for answer in asked)


def clock(context: Context) -> Iterable[Finding]:
    """A sign-in holds for minutes around the right time only; `asked_at` is ours, in the middle of the request."""
    answer = context.of("permissions")
    skew = skew_seconds(answer.value.date, answer.value.asked_at) if answer.ok else None
    if skew is None:
        yield Finding("clock", "unknown", "This machine's clock was not checked", "no answer with a Date", "date -u")
    elif abs(skew) < CLOCK_WARNING_SECONDS:
        yield ok("clock", "This machine's clock is right")
    else:
        status: Status = "problem" if abs(skew) >= CLOCK_PROBLEM_SECONDS else "warning"
        side = "ahead" if skew > 0 else "behind"
        title = f"This machine's clock is {abs(skew):.0f} s {side}"
        yield Finding(
            "clock", status, title, "Google refuses sign-ins from another time", "sudo timedatectl set-ntp true"
        )


def skew_seconds(date: str, asked_at: datetime) -> float | None:
    """How far `asked_at` is ahead of an HTTP Date; None where that is none."""
    try:
        theirs = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return (asked_at - theirs).total_seconds()
