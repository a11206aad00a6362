"""The project: is it there, is it the one that was meant, who pays, which APIs are on, what runs in its region."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..findings import Finding
from .answers import Answer, Refusal
from .context import Context, ok

ENABLE = "serviceusage.services.enable"
# https://cloud.google.com/build/docs/locations: where every project may build
BUILDS_FOR_ALL = ("us-central1", "us-west2", "europe-west1", "asia-east1", "australia-southeast1", "southamerica-east1")


def project(context: Context) -> Iterable[Finding]:
    answer = context.of("project")
    if answer.refusal in (Refusal.NOT_FOUND, Refusal.DENIED):
        title = f"The project {context.project_id} does not exist, or this account may not see it"
        yield Finding("project", "problem", title, answer.said, "gcloud projects list")
    elif not answer.ok:
        yield context.unasked("project", f"The project {context.project_id}", answer)
    elif (state := answer.value.get("lifecycleState")) != "ACTIVE":
        title = f"The project {context.project_id} is {state}, not ACTIVE"
        fix = f"gcloud projects undelete {context.project_id}"
        yield Finding("project", "problem", title, "it is being deleted", fix)
    else:
        yield ok("project", f"{context.project_id} is active, number {answer.value['projectNumber']}")


def is_there(context: Context) -> bool:
    return context.of("project").ok


def pin(context: Context) -> Iterable[Finding]:
    """What a bootstrap showed and the owner confirmed: another project or payer than that stops everything."""
    names, answer = context.desired.names, context.of("project")
    if not names.project_number:
        detail = "the first bootstrap shows its number and who pays, asks you, and writes both into infra/project.env"
        title = "You were not asked yet whether this is the right project"
        yield Finding("project-pin", "pending", title, detail, context.bootstrap)
    elif answer.ok and str(answer.value["projectNumber"]) != names.project_number:
        title = f"{context.project_id} has number {answer.value['projectNumber']}, not {names.project_number}"
        detail = "infra/project.env remembers the number of the project that was confirmed; this is another"
        fix = "Correct PROJECT_ID or PROJECT_NUMBER in infra/project.env: gcloud projects list"
        yield Finding("project-pin", "problem", title, detail, fix)
    elif answer.ok:
        yield ok("project-pin", "It is the project that was confirmed")


def billing(context: Context) -> Iterable[Finding]:
    answer = context.of("billing")
    if answer.refusal is Refusal.DENIED:
        detail = "somebody who may can tell whether it is on; nothing else depends on it being seen"
        title = "Billing was not checked: this account may not look at it"
        yield Finding("billing", "warning", title, detail, context.console("billing/linkedaccount"))
    elif not answer.ok:
        yield context.unasked("billing", "Billing", answer)
    else:
        yield _payer(context, answer.value)


def _payer(context: Context, info: Mapping[str, Any]) -> Finding:
    confirmed = context.desired.names.billing_account
    account = str(info.get("billingAccountName", "")).removeprefix("billingAccounts/")
    link = f"gcloud billing projects link {context.project_id} --billing-account="
    if not account:
        fix = f"gcloud billing accounts list, and then {link}ACCOUNT_ID"
        return Finding("billing", "problem", "Billing is off: no billing account pays for the project", "", fix)
    if not info.get("billingEnabled"):
        fix = f"https://console.cloud.google.com/billing/{account}"
        return Finding("billing", "problem", f"Billing is off: the billing account {account} is closed", "", fix)
    if confirmed and account != confirmed:
        title = f"The billing account {account} pays, not {confirmed}, which was confirmed"
        fix = f"{link}{confirmed} (or, if it is right, BILLING_ACCOUNT={account} in infra/project.env)"
        return Finding("billing", "problem", title, "", fix)
    return ok("billing", f"Billing is on: {account} pays")


def services(context: Context) -> Iterable[Finding]:
    answer = context.of("services")
    if not answer.ok:
        yield context.unasked("services", "The Google APIs", answer)
        return
    off = [service for service in context.desired.services if service not in answer.value]
    if not off:
        yield ok("services", f"All {len(context.desired.services)} Google APIs are on")
        return
    if obstacle := _cannot_enable(context):
        title = f"{len(off)} Google APIs are off and cannot be switched on: {obstacle}"
        yield Finding("services", "problem", title, ", ".join(off), _enable(context, off))
        return
    finding = context.missing(
        "services", f"{len(off)} of {len(context.desired.services)} Google APIs", _enable(context, off)
    )
    yield replace(finding, detail=", ".join(off))


def _enable(context: Context, off: list[str]) -> str:
    return f"gcloud services enable {' '.join(off)} --project={context.project_id}"


def _cannot_enable(context: Context) -> str:
    permissions, paid = context.of("permissions"), context.of("billing")
    if permissions.ok and ENABLE not in permissions.value.permissions:
        return f"this account may not {ENABLE}"
    if paid.ok and not paid.value.get("billingEnabled"):
        return "billing is off"
    return ""


def build_account(context: Context) -> Iterable[Finding]:
    """Functions are built as `builder`: the project's default build account, and its role, are not used."""
    builder = context.desired.names.email("builder")
    yield ok("build-account", f"Functions are built as {builder}", "the default build account needs no role")


def perimeter(context: Context) -> Iterable[Finding]:
    """A service perimeter refuses what is inside it, whoever asks from outside."""
    shut = [answer for answer in context.answers.values() if answer.refusal is Refusal.PERIMETER]
    if shut:
        yield context.shut_out("perimeter", f"{len(shut)} questions were refused", shut[0])


def build_region(context: Context) -> Iterable[Finding]:
    """Cannot be asked. Google says where each project may build, and that new ones may not build everywhere."""
    region = context.desired.names.region
    if region in BUILDS_FOR_ALL or context.begun:
        return
    title = f"It may be that {context.project_id} may not build in {region}: new projects may in few regions only"
    fix = f"Nothing, or a REGION out of {', '.join(BUILDS_FOR_ALL)}, in infra/project.env and in web/firebase.json"
    yield Finding("build-region", "warning", title, "only a deployment tells", fix)


def runtimes(context: Context) -> Iterable[Finding]:
    """The region, and each function's runtime in it."""
    region, answer = context.desired.names.region, context.of("runtimes")
    if answer.refusal in (Refusal.NOT_FOUND, Refusal.OTHER) or (answer.ok and not answer.value):
        title = f"There are no Cloud Functions in {region}"
        fix = "gcloud functions regions list, then REGION in infra/project.env and in web/firebase.json"
        yield Finding("runtimes", "problem", title, answer.said, fix)
    elif not answer.ok:
        yield context.unasked("runtimes", f"Region {region} and runtimes", answer)
    else:
        yield from _runtime_findings(context, answer)


def _runtime_findings(context: Context, answer: Answer) -> Iterable[Finding]:
    region = context.desired.names.region
    known = {runtime["name"]: str(runtime.get("stage", "GA")) for runtime in answer.value}
    wanted = context.runtimes
    newest = max((name for name in known if name.startswith("python3") and known[name] == "GA"), default="another")
    for runtime in sorted(set(wanted.values())):
        users = ", ".join(name for name, used in wanted.items() if used == runtime)
        fix = f'write "--runtime: {newest}" into infra/functions/*.yaml, then scripts/deploy.sh'
        if runtime not in known or known[runtime] == "DECOMMISSIONED":
            title = f"The runtime {runtime} is not to be had in {region}"
            yield Finding("runtimes", "problem", title, f"wanted by {users}", fix)
        elif known[runtime] == "DEPRECATED":
            yield Finding("runtimes", "warning", f"The runtime {runtime} is deprecated", f"used by {users}", fix)
        else:
            yield ok("runtimes", f"{runtime} is to be had in {region}")
