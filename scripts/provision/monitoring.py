"""Steps for what watches: the budget, the dashboard, the alerts.

They have no names of ours, and others may have the same display name: ours carry our label. A budget can carry none.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from common.gcloud import Gcloud

from . import channels
from .desired import LABEL, LABEL_VALUE, Budget, Desired, Document
from .matching import includes
from .reality import Json, Reality
from .steps import Action, Step


def steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    if reality.budgets is not None and reality.identity.billing_account:
        yield from _budget_steps(gcloud, desired, reality)
    yield from _dashboard_steps(gcloud, desired, reality)
    yield from channels.steps(gcloud, desired, reality)
    for alert in desired.alerts:
        yield from _alert_steps(gcloud, alert, reality, channels.wanted(desired, reality))
    yield from _surplus_alerts(gcloud, desired, reality)


def _budget_steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    if f"budget/{desired.budget.display_name}" in desired.foreign:
        return
    named_so = named_budgets(desired.budget, reality)
    ours = our_budgets(desired.budget, reality, begun=False) or named_so
    if not ours:
        yield Step(
            id="budget", title=_budget_words(desired.budget),
            actions=(create_budget(gcloud, desired, reality),), needs=("services",),
        )  # fmt: skip
    elif not _is_as_wanted(desired.budget, ours[0]):
        yield Step(
            id="budget", title="Correct the budget", needs=("services",),
            actions=(_update_budget(gcloud, desired.budget, ours[0], reality),),
        )  # fmt: skip
    for extra in filter(partial(_is_as_wanted, desired.budget), ours[1:]):
        yield _delete("budget", extra, _delete_budget(gcloud, extra, reality))


def _budget_words(budget: Budget) -> str:
    who = "those who administer the billing account"
    return f"Have Google mail {who} when {budget.amount} (in that account's currency) are spent in a month"


def create_budget(gcloud: Gcloud, desired: Desired, reality: Reality) -> Action:
    budget = desired.budget
    command = gcloud.command("billing", "budgets", "create", f"--flags-file={budget.file}", *_of_the_project(reality))
    listing = ("billing", "budgets", "list", f"--billing-account={reality.identity.billing_account}")
    check = (*listing, f"--filter=displayName={budget.display_name} AND budgetFilter.projects:{_project(reality)}")
    return Action(command=tuple(command), check=check)


def _update_budget(gcloud: Gcloud, budget: Budget, found: Json, reality: Reality) -> Action:
    """In one command: gcloud 528 clears no thresholds if none is added in the same one."""
    update = ("billing", "budgets", "update", id_of(found))
    account = f"--billing-account={reality.identity.billing_account}"
    settings = (f"--budget-amount={budget.amount}", f"--calendar-period={budget.period.lower()}")
    rules = (f"--add-threshold-rule={rule}" for rule in budget.rules)
    return Action(command=tuple(gcloud.command(*update, account, *settings, "--clear-threshold-rules", *rules)))


def named_budgets(budget: Budget, reality: Reality) -> list[Json]:
    """Those of this name and of this project, ours or not: a billing account may pay for several projects."""
    found = [
        found
        for found in reality.budgets or ()
        if found.get("displayName") == budget.display_name
        and found.get("budgetFilter", {}).get("projects") == [_project(reality)]
    ]
    return sorted(found, key=lambda item: (not _is_as_wanted(budget, item), id_of(item)))


def our_budgets(budget: Budget, reality: Reality, *, begun: bool) -> list[Json]:
    """Those with our thresholds. In a project that was begun, the only one is ours too, whatever was changed in it."""
    found = named_budgets(budget, reality)
    alike = [item for item in found if _thresholds(item) == (budget.period, budget.thresholds)]
    return alike or (found if begun and len(found) == 1 else [])


def amount_of(found: Json) -> str:
    amount = found.get("amount", {}).get("specifiedAmount", {})
    return " ".join(filter(None, (amount.get("units", ""), amount.get("currencyCode", ""), "a month")))


def _is_as_wanted(budget: Budget, found: Json) -> bool:
    units = found.get("amount", {}).get("specifiedAmount", {}).get("units")
    return units == budget.amount and _thresholds(found) == (budget.period, budget.thresholds)


def _thresholds(found: Json) -> tuple[str, frozenset[tuple[float, str]]]:
    rules = found.get("thresholdRules", [])
    shares = frozenset((float(rule["thresholdPercent"]), rule.get("spendBasis", "CURRENT_SPEND")) for rule in rules)
    return found.get("budgetFilter", {}).get("calendarPeriod", ""), shares


def _of_the_project(reality: Reality) -> tuple[str, str]:
    return (
        f"--billing-account={reality.identity.billing_account}",
        f"--filter-projects={_project(reality)}",
    )


def _project(reality: Reality) -> str:
    return f"projects/{reality.identity.number}"


def _delete_budget(gcloud: Gcloud, found: Json, reality: Reality) -> list[str]:
    account = f"--billing-account={reality.identity.billing_account}"
    return gcloud.command("billing", "budgets", "delete", id_of(found), account)


def _dashboard_steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    wanted = desired.dashboard
    if f"dashboard/{wanted.display_name}" in desired.foreign:
        return
    ours = _ours(named(wanted.display_name, reality.dashboards), "labels")
    config = f"--config-from-file={wanted.file}"
    if not ours:
        create = Action(
            command=tuple(gcloud.command("monitoring", "dashboards", "create", config)),
            check=("monitoring", "dashboards", "list", f'--filter=displayName="{wanted.display_name}"'),
        )
        yield Step(id="dashboard", title="Create the dashboard", actions=(create,), needs=("services",))
    elif not includes(ours[0], wanted.content):
        yield Step(id="dashboard", title="Correct the dashboard", actions=(_update_dashboard(gcloud, wanted, ours[0]),))
    for extra in ours[1:]:
        yield _delete("dashboard", extra, gcloud.command("monitoring", "dashboards", "delete", id_of(extra)))


def _update_dashboard(gcloud: Gcloud, wanted: Document, found: Json) -> Action:
    """Google wants to be told which state of it is replaced."""
    etag = found.get("etag", "")
    command = gcloud.command("monitoring", "dashboards", "update", id_of(found), "--config-from-file=-")
    return Action(
        command=tuple(command),
        text=json.dumps({**wanted.content, "etag": etag}),
        text_from=shlex.join(["jq", f".etag = {json.dumps(etag)}", wanted.file]),
    )


def _alert_steps(gcloud: Gcloud, alert: Document, reality: Reality, channel: str) -> Iterator[Step]:
    """`channel` is the one that it should lead to, beside those that the owner has chosen; empty for none."""
    ours = _ours(named(alert.display_name, reality.alerts), "userLabels")
    id_, policy = f"alert/{alert.stem}", f"--policy-from-file={alert.file}"
    if not ours:
        told = (f"--notification-channels={channel}",) if channel else ()
        create = Action(
            command=tuple(gcloud.command("alpha", "monitoring", "policies", "create", policy, *told)),
            check=("alpha", "monitoring", "policies", "list", f'--filter=displayName="{alert.display_name}"'),
        )
        yield Step(id=id_, title=f"Create the alert {alert.display_name!r}", actions=(create,), needs=("services",))
    elif not includes(ours[0], alert.content):
        # Whom to tell may be chosen in the console: gcloud replaces the policy, so it is said again.
        told = tuple(dict.fromkeys([*ours[0].get("notificationChannels", ()), *([channel] if channel else [])]))
        kept = (f"--set-notification-channels={','.join(told)}",) if told else ()
        update = gcloud.command("alpha", "monitoring", "policies", "update", id_of(ours[0]), policy, *kept)
        yield Step(
            id=id_, title=f"Correct the alert {alert.display_name!r}", actions=(Action(command=tuple(update)),)
        )  # fmt: skip

    elif channel and channel not in ours[0].get("notificationChannels", ()):
        add = f"--add-notification-channels={channel}"
        update = gcloud.command("alpha", "monitoring", "policies", "update", id_of(ours[0]), add)
        title = f"Have the alert {alert.display_name!r} mailed"
        yield Step(id=id_, title=title, actions=(Action(command=tuple(update)),))


def _surplus_alerts(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    """Ours that no file describes, and second ones."""
    kept = {
        ours[0]["name"]
        for alert in desired.alerts
        if (ours := _ours(named(alert.display_name, reality.alerts), "userLabels"))
    }
    for found in reality.alerts:
        if is_marked(found.get("userLabels", {})) and found["name"] not in kept:
            yield _delete("alert", found, gcloud.command("alpha", "monitoring", "policies", "delete", id_of(found)))


HOW_TO_BE_TOLD = (
    "to be mailed, write ALERT_EMAIL=you@example.com into infra/project.env and run scripts/bootstrap.sh again"
)


def silent(alerts: Sequence[Json]) -> list[Json]:
    """Those that nobody is told of when they fire."""
    return [alert for alert in alerts if not alert.get("notificationChannels")]


def channels_page(project_id: str) -> str:
    return f"https://console.cloud.google.com/monitoring/alerting/notifications?project={project_id}"


def ours_of(desired: Desired, reality: Reality) -> tuple[Json, ...]:
    """The alerts of our files that are there."""
    ours = (_ours(named(alert.display_name, reality.alerts), "userLabels") for alert in desired.alerts)
    return tuple(found[0] for found in ours if found)


def named(display_name: str, found: tuple[Json, ...]) -> list[Json]:
    """In an order that stays the same from run to run."""
    return sorted((item for item in found if item.get("displayName") == display_name), key=id_of)


def _ours(found: list[Json], labels: str) -> list[Json]:
    """Those with our label; without one, all: they are to be adopted then, or the plan would not be about them."""
    return [item for item in found if is_marked(item.get(labels, {}))] or found[:1]


def is_marked(labels: Mapping[str, Any]) -> bool:
    return labels.get(LABEL) == LABEL_VALUE


def _delete(kind: str, found: Json, command: list[str]) -> Step:
    return Step(
        id=f"surplus/{kind}/{id_of(found)}",
        title=f"Delete the {kind} {found.get('displayName', '')!r} that is one too many",
        actions=(Action(command=tuple(command)),), done=frozenset({"gone"}), removes=True,
    )  # fmt: skip


def id_of(found: Json) -> str:
    return str(found["name"]).rpartition("/")[2]
