"""The local Google refuses what Google refuses."""

from typing import Any

import pytest

from ......google import BILLING_ACCOUNT, OWNER, PROJECT_ID, PROJECT_NUMBER, Google
from ..conftest import Caller

PROJECT = f"cloudresourcemanager.googleapis.com/v1/projects/{PROJECT_ID}"
SERVICES = f"serviceusage.googleapis.com/v1/projects/{PROJECT_ID}/services"
ACCOUNTS = f"iam.googleapis.com/v1/projects/{PROJECT_ID}/serviceAccounts"
SECRETS = f"secretmanager.googleapis.com/v1/projects/{PROJECT_ID}/secrets"
BUCKETS = "storage.googleapis.com/storage/v1/b"
LOCATION = f"projects/{PROJECT_ID}/locations/us-central1"
QUEUES = f"cloudtasks.googleapis.com/v2/{LOCATION}/queues"
REPOSITORIES = f"artifactregistry.googleapis.com/v1/{LOCATION}/repositories"
BUDGETS = f"billingbudgets.googleapis.com/v1/billingAccounts/{BILLING_ACCOUNT}/budgets"
SECRET = {"replication": {"automatic": {}}}


@pytest.fixture
def everything(google: Google) -> Google:
    google.enable_everything()
    return google


def reason(answer: Any) -> str:
    return str(answer["error"]["details"][0]["reason"])


def grant(call: Caller, resource: str, *bindings: dict[str, Any], version: int = 1, **policy: Any) -> tuple[int, Any]:
    given = {"bindings": list(bindings), "version": version, **policy}
    return call("POST", f"{resource}:setIamPolicy", {"policy": given})


def binding(role: str, *members: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "members": list(members), **more}


OWNERS = binding("roles/owner", f"user:{OWNER}")


@pytest.mark.parametrize("address", [SECRETS, ACCOUNTS, QUEUES, REPOSITORIES])
def test_a_service_that_is_not_enabled(call: Caller, address: str) -> None:
    status, answer = call("GET", address)
    assert (status, reason(answer)) == (403, "SERVICE_DISABLED")
    assert answer["error"]["details"][0]["metadata"]["service"] == address.split("/")[0]
    assert f"has not been used in project {PROJECT_NUMBER} before or it is disabled" in answer["error"]["message"]


def test_a_request_that_counts_as_a_projects_needs_the_service_on_in_it(google: Google, call: Caller) -> None:
    assert call("GET", PROJECT)[0] == 200
    status, answer = call.counting_as(PROJECT_ID)("GET", PROJECT)
    assert (status, reason(answer)) == (403, "SERVICE_DISABLED")
    google.enable_everything()
    assert call("GET", PROJECT)[0] == 200
    google.plane.state.rules.denied_permissions.add("serviceusage.services.use")
    assert reason(call("GET", PROJECT)[1]) == "IAM_PERMISSION_DENIED"


def test_services_are_enabled_by_an_operation_that_takes_two_polls(call: Caller) -> None:
    status, operation = call("POST", f"{SERVICES}:batchEnable", {"serviceIds": ["iam.googleapis.com"]})
    assert (status, operation.get("done")) == (200, None)
    polled = [call("GET", f"serviceusage.googleapis.com/v1/{operation['name']}")[1] for _ in range(2)]
    assert [answer.get("done") for answer in polled] == [None, True]
    assert call("GET", ACCOUNTS)[0] == 200


def test_a_service_just_enabled_may_not_be_seen_yet(google: Google, call: Caller) -> None:
    google.plane.state.rules.unseen_services = 2
    call("POST", f"{SERVICES}/iam.googleapis.com:enable")
    assert [call("GET", ACCOUNTS)[0] for _ in range(3)] == [403, 403, 200]


def test_a_service_that_nobody_offers(call: Caller) -> None:
    assert call("POST", f"{SERVICES}/teapots.googleapis.com:enable")[0] == 403
    assert call("POST", f"{SERVICES}:batchEnable", {"serviceIds": ["iam.googleapis.com"] * 21})[0] == 400


def test_without_billing_nothing_that_costs_can_be_enabled(google: Google, call: Caller) -> None:
    google.project.billing_account = None
    status, answer = call(
        "POST", f"{SERVICES}:batchEnable", {"serviceIds": ["iam.googleapis.com", "run.googleapis.com"]}
    )
    [violation] = answer["error"]["details"][0]["violations"]
    assert (status, answer["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert violation["type"] == "googleapis.com/billing-enabled"
    assert "iam.googleapis.com" not in google.project.services
    assert call("POST", f"{SERVICES}/iam.googleapis.com:enable")[0] == 200


def test_without_billing_nothing_is_made_and_all_can_be_removed(everything: Google, call: Caller) -> None:
    assert call("POST", SECRETS, SECRET, secretId="kept")[0] == 200
    assert call("POST", BUCKETS, {"name": "kept-bucket"}, project=PROJECT_ID)[0] == 200
    everything.project.billing_account = None
    status, answer = call("POST", SECRETS, SECRET, secretId="another")
    assert (status, reason(answer)) == (403, "BILLING_DISABLED")
    assert call("POST", BUCKETS, {"name": "another-bucket"}, project=PROJECT_ID)[0] == 403
    assert call("POST", REPOSITORIES, {"format": "DOCKER"}, repositoryId="images")[0] == 403
    assert call("DELETE", f"{SECRETS}/kept")[0] == 200
    assert call("DELETE", f"{BUCKETS}/kept-bucket")[0] == 204


def test_a_project_that_is_not_the_caller_s(call: Caller) -> None:
    for address in ("cloudresourcemanager.googleapis.com/v1/projects/nope", ACCOUNTS.replace(PROJECT_ID, "nope")):
        status, answer = call("GET", address)
        assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_a_permission_that_the_caller_lacks(everything: Google, call: Caller) -> None:
    everything.plane.state.rules.denied_permissions |= {"secretmanager.secrets.create", "storage.buckets.create"}
    status, answer = call("POST", SECRETS, SECRET, secretId="mine")
    assert (status, reason(answer)) == (403, "IAM_PERMISSION_DENIED")
    assert answer["error"]["details"][0]["metadata"]["permission"] == "secretmanager.secrets.create"
    assert call("POST", BUCKETS, {"name": "my-own-bucket"}, project=PROJECT_ID)[0] == 403
    asked = ["secretmanager.secrets.create", "secretmanager.secrets.get"]
    assert call("POST", f"{PROJECT}:testIamPermissions", {"permissions": asked})[1] == {"permissions": asked[1:]}
    assert call("GET", SECRETS) == (200, {})


def test_a_member_must_exist(everything: Google, call: Caller) -> None:
    member = f"serviceAccount:builder@{PROJECT_ID}.iam.gserviceaccount.com"
    status, answer = grant(call, PROJECT, OWNERS, binding("roles/viewer", member))
    assert (status, answer["error"]["message"]) == (400, f"Service account {member[15:]} does not exist.")
    call("POST", ACCOUNTS, {"accountId": "builder"})
    assert grant(call, PROJECT, OWNERS, binding("roles/viewer", member))[0] == 200


def test_a_new_account_may_not_be_seen_yet(everything: Google, call: Caller) -> None:
    everything.plane.state.rules.unseen_accounts = 2
    email = call("POST", ACCOUNTS, {"accountId": "builder"})[1]["email"]
    tried = [grant(call, PROJECT, OWNERS, binding("roles/viewer", f"serviceAccount:{email}"))[0] for _ in range(3)]
    assert tried == [400, 400, 200]


def test_a_deleted_account_leaves_its_bindings_behind_and_a_new_one_does_not_get_them(
    everything: Google, call: Caller
) -> None:
    made = call("POST", ACCOUNTS, {"accountId": "builder"})[1]
    grant(call, PROJECT, OWNERS, binding("roles/viewer", f"serviceAccount:{made['email']}"))
    assert call("DELETE", f"{ACCOUNTS}/{made['email']}")[0] == 200
    call("POST", ACCOUNTS, {"accountId": "builder"})
    left = f"deleted:serviceAccount:{made['email']}?uid={made['uniqueId']}"
    assert everything.plane.state.policies.bindings_of(f"projects/{PROJECT_ID}") == {
        ("roles/owner", f"user:{OWNER}", None),
        ("roles/viewer", left, None),
    }


def test_two_who_change_a_policy_at_once_conflict(everything: Google, call: Caller) -> None:
    call("POST", SECRETS, SECRET, secretId="shared")
    policies = [call("GET", f"{SECRETS}/shared:getIamPolicy")[1] for _ in range(2)]
    role, users = "roles/secretmanager.secretAccessor", ("user:a@example.com", "user:b@example.com")
    answers = [
        grant(call, f"{SECRETS}/shared", binding(role, user), etag=policy["etag"])
        for user, policy in zip(users, policies, strict=True)
    ]
    assert [status for status, _ in answers] == [200, 409]
    assert answers[1][1]["error"]["status"] == "ABORTED"
    assert everything.plane.state.policies.bindings_of(f"projects/{PROJECT_ID}/secrets/shared") == {
        (role, users[0], None)
    }


def test_two_who_change_a_bucket_s_policy_at_once_conflict(everything: Google, call: Caller) -> None:
    call("POST", BUCKETS, {"name": "shared-bucket"}, project=PROJECT_ID)
    policy = call("GET", f"{BUCKETS}/shared-bucket/iam")[1]
    assert [call("PUT", f"{BUCKETS}/shared-bucket/iam", policy)[0] for _ in range(2)] == [200, 412]


def test_a_condition_needs_version_three(everything: Google, call: Caller) -> None:
    condition = {"title": "uploads", "expression": 'resource.name.startsWith("projects/_/buckets/gcf-v2-")'}
    conditional = binding("roles/storage.objectViewer", "user:a@example.com", condition=condition)
    assert grant(call, PROJECT, OWNERS, conditional)[0] == 400
    assert grant(call, PROJECT, OWNERS, conditional, version=3)[0] == 200
    assert grant(call, PROJECT, OWNERS, {**conditional, "role": "roles/viewer"}, version=3)[0] == 400
    granted = everything.plane.state.policies.bindings_of(f"projects/{PROJECT_ID}")
    assert ("roles/storage.objectViewer", "user:a@example.com", "uploads") in granted
    # Who reads without asking for version 3 cannot take the condition away by writing it back.
    old = call("POST", f"{PROJECT}:getIamPolicy")[1]
    assert any("_withcond_" in binding["role"] for binding in old["bindings"])
    assert call("POST", f"{PROJECT}:setIamPolicy", {"policy": old})[0] == 400
    asked = {"options": {"requestedPolicyVersion": 3}}
    new = call("POST", f"{PROJECT}:getIamPolicy", asked)[1]
    assert call("POST", f"{PROJECT}:setIamPolicy", {"policy": new})[0] == 200


def test_an_organisation_may_keep_the_public_out(everything: Google, call: Caller) -> None:
    policy = {"rules": [{"values": {"allowedValues": ["C01abcdef"]}}]}
    everything.plane.state.rules.org_policies["iam.allowedPolicyMemberDomains"] = policy
    call("POST", SECRETS, SECRET, secretId="mine")
    status, answer = grant(call, f"{SECRETS}/mine", binding("roles/viewer", "allUsers"))
    assert (status, answer["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert "do not belong to a permitted customer" in answer["error"]["message"]
    address = f"orgpolicy.googleapis.com/v2/projects/{PROJECT_ID}/policies/iam.allowedPolicyMemberDomains"
    assert call("GET", f"{address}:getEffectivePolicy")[1]["spec"] == policy


def test_a_bucket_s_name_is_the_whole_world_s(everything: Google, call: Caller) -> None:
    everything.plane.state.rules.taken_buckets.add("taken-by-somebody")
    status, answer = call("POST", BUCKETS, {"name": "taken-by-somebody"}, project=PROJECT_ID)
    assert status == 409
    assert "is not available" in answer["error"]["message"]
    assert call("GET", f"{BUCKETS}/taken-by-somebody")[0] == 403
    assert call("POST", BUCKETS, {"name": "my-own-bucket"}, project=PROJECT_ID)[0] == 200
    status, answer = call("POST", BUCKETS, {"name": "my-own-bucket"}, project=PROJECT_ID)
    assert status == 409
    assert "you already own it" in answer["error"]["message"]


def test_public_access_can_be_prevented(everything: Google, call: Caller) -> None:
    prevented = {"name": "my-own-bucket", "iamConfiguration": {"publicAccessPrevention": "enforced"}}
    call("POST", BUCKETS, prevented, project=PROJECT_ID)
    policy = {"bindings": [binding("roles/storage.objectViewer", "allUsers")]}
    assert call("PUT", f"{BUCKETS}/my-own-bucket/iam", policy)[0] == 412


def test_what_is_deleted_takes_its_policy_with_it(everything: Google, call: Caller) -> None:
    for _ in range(2):
        call("POST", SECRETS, SECRET, secretId="mine")
        assert everything.plane.state.policies.bindings_of(f"projects/{PROJECT_ID}/secrets/mine") == set()
        assert grant(call, f"{SECRETS}/mine", binding("roles/viewer", "user:a@example.com"))[0] == 200
        call("DELETE", f"{SECRETS}/mine")


def test_nothing_is_made_twice(everything: Google, call: Caller) -> None:
    made = [
        (SECRETS, SECRET, {"secretId": "mine"}),
        (ACCOUNTS, {"accountId": "builder"}, {}),
        (REPOSITORIES, {"format": "DOCKER"}, {"repositoryId": "images"}),
        (QUEUES, {"name": f"{LOCATION}/queues/calls"}, {}),
    ]
    for address, body, query in made:
        assert [call("POST", address, body, **query)[0] for _ in range(2)] == [200, 409]


def test_a_secret_s_versions_do_not_change(everything: Google, call: Caller) -> None:
    call("POST", SECRETS, SECRET, secretId="mine")
    version = call("POST", f"{SECRETS}/mine:addVersion", {"payload": {"data": "b25l"}})[1]["name"]
    address = f"secretmanager.googleapis.com/v1/{version}"
    assert call("POST", f"{address}:destroy", {})[1]["state"] == "DESTROYED"
    assert call("POST", f"{address}:enable", {})[0] == 400
    assert call("GET", f"{address}:access")[0] == 400
    too_much = "A" * (64 * 1024 * 2)
    assert call("POST", f"{SECRETS}/mine:addVersion", {"payload": {"data": too_much}})[0] == 400


def test_nobody_gets_an_account_s_key(everything: Google, call: Caller) -> None:
    email = call("POST", ACCOUNTS, {"accountId": "builder"})[1]["email"]
    assert call("POST", f"{ACCOUNTS}/{email}/keys", {})[1]["error"]["status"] == "FAILED_PRECONDITION"


def test_a_queue_s_name_cannot_be_used_again_soon(everything: Google, call: Caller) -> None:
    queue = {"name": f"{LOCATION}/queues/calls"}
    assert call("POST", QUEUES, queue)[0] == 200
    assert call("DELETE", f"{QUEUES}/calls")[0] == 200
    assert call("POST", QUEUES, queue)[0] == 400


@pytest.mark.parametrize(
    ("address", "query"),
    [
        (ACCOUNTS, {}),
        (QUEUES, {}),
        (f"{QUEUES}/calls/tasks", {}),
        (REPOSITORIES, {"repositoryId": "ours"}),
        (SECRETS, {"secretId": "key"}),
        (BUCKETS, {"project": PROJECT_ID}),
        (f"{SERVICES}:batchEnable", {}),
        (f"{PROJECT}:setIamPolicy", {}),
    ],
    ids=["account", "queue", "task", "repository", "secret", "bucket", "services", "policy"],
)
def test_a_body_that_is_not_utf8_is_refused(strange_google: Google, address: str, query: dict[str, str]) -> None:
    strange_google.enable_everything()
    call = Caller(strange_google)
    call("POST", QUEUES, {"name": f"{LOCATION}/queues/calls"})
    status, answer = call("POST", address, b'{"name": "\xff\xfe"}', **query)
    call.close()
    assert (status, answer["error"]["code"]) == (400, 400)


def test_two_who_change_a_budget_at_once_conflict(everything: Google, call: Caller) -> None:
    amount = {"specifiedAmount": {"currencyCode": "USD", "units": "20"}}
    made = call("POST", BUDGETS, {"displayName": "ours", "amount": amount})[1]
    address = f"billingbudgets.googleapis.com/v1/{made['name']}"
    changes = [call("PATCH", address, {**made, "displayName": name}, updateMask="displayName") for name in "ab"]
    assert [status for status, _ in changes] == [200, 409]
    assert call("GET", address)[1]["displayName"] == "a"
