"""Cloud Billing v1: who pays for a project."""

from dataclasses import dataclass

from standins.google.control_plane.api import Api, Call, Json
from standins.google.control_plane.iam_routes import granted
from standins.google.control_plane.pages import page
from standins.google.control_plane.projects import Project
from standins.google.errors import GoogleError

API = Api("cloudbilling.googleapis.com", always_on=True)
INFO = "/v1/projects/{project}/billingInfo"
ACCOUNT = "/v1/billingAccounts/{account}"


@dataclass
class BillingAccount:
    """`account_id`: XXXXXX-XXXXXX-XXXXXX."""

    account_id: str
    display_name: str
    is_open: bool = True

    def resource(self) -> Json:
        return {
            "name": f"billingAccounts/{self.account_id}",
            "open": self.is_open,
            "displayName": self.display_name,
            "masterBillingAccount": "",
            "currencyCode": "USD",
        }


class BillingAccounts(dict[str, BillingAccount]):
    """By id."""

    def find(self, account_id: str) -> BillingAccount:
        if account_id not in self:
            raise GoogleError("PERMISSION_DENIED", "The caller does not have permission")
        return self[account_id]


@API.get(INFO, permission="resourcemanager.projects.get")
def get_billing_info(call: Call) -> Json:
    return billing_info(call.project)


@API.put(INFO, permission="resourcemanager.projects.createBillingAssignment")
def update_billing_info(call: Call) -> Json:
    name = call.json().get("billingAccountName", "")
    call.project.billing_account = (
        call.plane.part(BillingAccounts).find(name.removeprefix("billingAccounts/")).account_id if name else None
    )
    return billing_info(call.project)


@API.get("/v1/billingAccounts")
def list_accounts(call: Call) -> Json:
    accounts = call.plane.part(BillingAccounts)
    return page([accounts[name].resource() for name in sorted(accounts)], "billingAccounts", call)


@API.get(ACCOUNT, permission="billing.accounts.get")
def get_account(call: Call) -> Json:
    return call.plane.part(BillingAccounts).find(call.path["account"]).resource()


@API.post(f"{ACCOUNT}:testIamPermissions", read=True)
def test_account_permissions(call: Call) -> Json:
    call.plane.part(BillingAccounts).find(call.path["account"])
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
