"""Is it the project that the owner thinks it is? Asked once; from then on infra/project.env knows."""

import sys
from collections.abc import Callable, Mapping

from common.console import CommandFailed, say
from common.gcloud import Gcloud, GcloudFailed
from common.names import Names

from .desired import Desired
from .reality import Identity, Reality

GEMINI = "cloudaicompanion.googleapis.com"


def refuse_another_project(names: Names, identity: Identity) -> None:
    """Raises CommandFailed for a project that is not the remembered one."""
    if names.project_number not in ("", identity.number):
        raise CommandFailed(
            happened=f"project.env remembers the project number {names.project_number}, and {names.project_id} has "
            f"{identity.number}",
            todo="This is another project. Correct PROJECT_ID; nothing was changed.",
        )


def refuse_wrong_project(names: Names, identity: Identity) -> None:
    """Raises CommandFailed for another project, and for one that is going away or is paid by nobody."""
    refuse_another_project(names, identity)
    if identity.state not in ("", "ACTIVE"):
        raise CommandFailed(
            happened=f"The project {names.project_id} is not active: its state is {identity.state}",
            todo=f"gcloud projects undelete {names.project_id}",
        )
    if identity.billing_account == "":
        raise CommandFailed(
            happened=f"Billing is off for {names.project_id}",
            todo=f"gcloud billing projects link {names.project_id} --billing-account=ACCOUNT_ID (yours: gcloud billing "
            f"accounts list), or https://console.cloud.google.com/billing/linkedaccount?project={names.project_id}. "
            "Nothing was changed.",
        )
    if identity.billing_account and names.billing_account not in ("", identity.billing_account):
        raise CommandFailed(
            happened=f"project.env remembers the billing account {names.billing_account}, and the project has "
            f"{identity.billing_account}",
            todo="If that is meant, empty BILLING_ACCOUNT in project.env and confirm it anew. Nothing was changed.",
        )


def confirm_project(
    gcloud: Gcloud, desired: Desired, reality: Reality, ask: Callable[[str], None]
) -> Mapping[str, str]:
    """What to remember, empty where it is remembered. Raises CommandFailed where the owner says no."""
    names, identity = desired.names, reality.identity
    if names.project_number and (names.billing_account or not identity.billing_account):
        return {}
    account = identity.billing_account
    companion = "on" if GEMINI in reality.services else "off"
    say(
        f"\n  project          {names.project_id}\n  number           {identity.number}"
        f"\n  name             {identity.name}\n  billing account  {_billing_account(gcloud, account)}"
        f"\n  cloudaicompanion {companion}\n\n"
        "A project that a Marketplace trial pays for has cloudaicompanion (Gemini for Google Cloud) on, and the "
        "trial's billing account.\n"
    )
    ask("Is this the project, and may this account be billed?")
    found = {"PROJECT_ID": names.project_id, "PROJECT_NUMBER": identity.number, "BILLING_ACCOUNT": account or ""}
    return {name: value for name, value in found.items() if value}


def _billing_account(gcloud: Gcloud, account: str | None) -> str:
    if account is None:
        return "(this account may not see it)"
    try:
        described = gcloud.read("billing", "accounts", "describe", account)
    except GcloudFailed:
        return f"{account} (its name is not ours to see)"
    return f"{account} ({described.get('displayName', '')})"


def agree(question: str, *, yes: bool) -> None:
    """Raises CommandFailed unless the answer is yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed(
            happened=f"There is no terminal on which to ask: {question}",
            todo="Nothing was changed. Read the plan with --dry-run, then say --yes.",
        )
    say(f"{question} [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandFailed(happened="Cancelled", todo="Nothing was changed.")
