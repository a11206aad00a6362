"""IAM v1: service accounts. Nobody gets a key of one: keys are refused as an organisation's default policy does."""

import base64

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import granted
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.accounts import Account
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("iam.googleapis.com")
ACCOUNTS = "/v1/projects/{project}/serviceAccounts"
ACCOUNT = ACCOUNTS + "/{account}"


def found(call: Call) -> Account:
    """The account of the path, in the project of the path ("-": whichever), if the API is enabled there."""
    account = call.state.accounts.find(call.path["account"])
    project = call.state.project(account.project_id)
    if call.path["project"] not in ("-", project.project_id, project.number):
        raise GoogleError("NOT_FOUND", f"Unknown service account: {account.email}")
    call.enforce(project)
    return account


@API.post(ACCOUNTS, permission="iam.serviceAccounts.create")
def create_account(call: Call) -> Json:
    given = call.json()
    fields = {name: given.get("serviceAccount", {}).get(name) for name in ("displayName", "description")}
    kept = {name: value for name, value in fields.items() if value}
    account = call.state.accounts.create(
        call.project, given.get("accountId", ""), kept, call.state.rules.unseen_accounts
    )
    return resource(account)


@API.get(ACCOUNTS, permission="iam.serviceAccounts.list")
def list_accounts(call: Call) -> Json:
    accounts = call.state.accounts.values()
    mine = [resource(account) for account in accounts if account.project_id == call.project.project_id]
    return page(mine, "accounts", call, max_size=100)


@API.get(ACCOUNT, permission="iam.serviceAccounts.get")
def get_account(call: Call) -> Json:
    return resource(found(call))


@API.patch(ACCOUNT, permission="iam.serviceAccounts.update")
def patch_account(call: Call) -> Json:
    account, given = found(call), call.json()
    for name in given.get("updateMask", "").split(","):
        account.fields[_camel(name)] = given["serviceAccount"].get(_camel(name), "")
    account.generation += 1
    return resource(account)


@API.delete(ACCOUNT, permission="iam.serviceAccounts.delete")
def delete_account(call: Call) -> Json:
    account = found(call)
    del call.state.accounts[account.email]
    call.state.policies.forget_account(account.email, account.unique_id)
    call.state.policies.drop(account.name)
    return {}


@API.post(f"{ACCOUNT}:enable", permission="iam.serviceAccounts.enable")
def enable_account(call: Call) -> Json:
    found(call).disabled = False
    return {}


@API.post(f"{ACCOUNT}:disable", permission="iam.serviceAccounts.disable")
def disable_account(call: Call) -> Json:
    found(call).disabled = True
    return {}


@API.post(f"{ACCOUNT}:getIamPolicy", permission="iam.serviceAccounts.getIamPolicy", read=True)
def get_iam_policy(call: Call) -> Json:
    version = int(call.query.get("options.requestedPolicyVersion", "1"))
    return call.state.policies.of(found(call).name).resource(version)


@API.post(f"{ACCOUNT}:setIamPolicy", permission="iam.serviceAccounts.setIamPolicy")
def set_iam_policy(call: Call) -> Json:
    return call.state.write_policy(found(call).name, call.json().get("policy"))


@API.post(f"{ACCOUNT}:testIamPermissions", read=True)
def test_iam_permissions(call: Call) -> Json:
    found(call)
    return granted(call)


@API.get(f"{ACCOUNT}/keys", permission="iam.serviceAccountKeys.list")
def list_keys(call: Call) -> Json:
    found(call)
    return {}


@API.post(f"{ACCOUNT}/keys", permission="iam.serviceAccountKeys.create")
def create_key(call: Call) -> Json:
    found(call)
    raise GoogleError("FAILED_PRECONDITION", "Key creation is not allowed on this service account.")


def resource(account: Account) -> Json:
    return {
        "name": account.name,
        "projectId": account.project_id,
        "uniqueId": account.unique_id,
        "email": account.email,
        "etag": base64.b64encode(account.generation.to_bytes(8, "big")).decode(),
        "oauth2ClientId": account.unique_id,
        **({"disabled": True} if account.disabled else {}),
        **account.fields,
    }


def _camel(name: str) -> str:
    return {"display_name": "displayName"}.get(name, name)
