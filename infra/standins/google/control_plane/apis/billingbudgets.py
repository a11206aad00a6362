"""Cloud Billing Budgets v1."""

import uuid

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.billing_accounts import BillingAccounts
from standins.google.control_plane.state.etags import changed, check_etag, new_etag
from standins.google.control_plane.state.resources import Resources
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("billingbudgets.googleapis.com")
BUDGETS = "/v1/billingAccounts/{account}/budgets"
BUDGET = BUDGETS + "/{budget}"


class Budgets(Resources):
    """By billingAccounts/A/budgets/B."""


def found(call: Call) -> Json:
    return call.state.part(Budgets).find(f"billingAccounts/{call.path['account']}/budgets/{call.path['budget']}")


@API.post(BUDGETS, permission="billing.budgets.create")
def create_budget(call: Call) -> Json:
    account = call.state.part(BillingAccounts).find(call.path["account"])
    given = call.json()
    if not given.get("amount"):
        raise GoogleError("INVALID_ARGUMENT", "Request contains an invalid argument: budget.amount is required.")
    name = f"billingAccounts/{account.account_id}/budgets/{uuid.uuid4()}"
    call.state.part(Budgets)[name] = {**given, "name": name, "etag": new_etag()}
    return call.state.part(Budgets)[name]


@API.get(BUDGETS, permission="billing.budgets.list")
def list_budgets(call: Call) -> Json:
    account = call.state.part(BillingAccounts).find(call.path["account"])
    return page(call.state.part(Budgets).below(f"billingAccounts/{account.account_id}"), "budgets", call)


@API.get(BUDGET, permission="billing.budgets.get")
def get_budget(call: Call) -> Json:
    return found(call)


@API.patch(BUDGET, permission="billing.budgets.update")
def update_budget(call: Call) -> Json:
    budget, given = found(call), call.json()
    check_etag(budget, given)
    budget.update(changed(budget, given, call.query.get("updateMask", "*")), etag=new_etag())
    return budget


@API.delete(BUDGET, permission="billing.budgets.delete")
def delete_budget(call: Call) -> Json:
    del call.state.part(Budgets)[found(call)["name"]]
    return {}
