"""Cloud Billing v1: who pays for a project."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import granted
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.billing_accounts import BillingAccounts
from standins.google.control_plane.state.projects import Project
from standins.values import Json

API = Api("cloudbilling.googleapis.com", always_on=True)
INFO = "/v1/projects/{project}/billingInfo"
ACCOUNT = "/v1/billingAccounts/{account}"


@API.get(INFO, permission="resourcemanager.projects.get")
def get_billing_info(call: Call) -> Json:
    return billing_info(call.project)


@API.put(INFO, permission="resourcemanager.projects.createBillingAssignment")
def update_billing_info(call: Call) -> Json:
    name = call.json().get("billingAccountName", "")
    call.project.billing_account = (
        call.state.part(BillingAccounts).find(name.removeprefix("billingAccounts/")).account_id if name else None
    )
    return billing_info(call.project)


@API.get("/v1/billingAccounts")
def list_accounts(call: Call) -> Json:
    accounts = call.state.part(BillingAccounts)
    return page([accounts[name].resource() for name in sorted(accounts)], "billingAccounts", call)


@API.get(ACCOUNT, permission="billing.accounts.get")
def get_account(call: Call) -> Json:
    return call.state.part(BillingAccounts).find(call.path["account"]).resource()


@API.post(f"{ACCOUNT}:testIamPermissions", read=True)
def test_account_permissions(call: Call) -> Json:
    call.state.part(BillingAccounts).find(call.path["account"])
    return granted(call)


def billing_info(project: Project) -> Json:
    name = f"{project.resource}/billingInfo"
    if project.billing_account is None:
        return {"name": name, "projectId": project.project_id, "billingAccountName": "", "billingEnabled": False}
    return {
        "name": name,
        "projectId": project.project_id,
        "billingAccountName": f"billingAccounts/{project.billing_account}",
        "billingEnabled": True,
    }
