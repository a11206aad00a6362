"""Organization Policy v2: what the organisation forbids in a project (`rules.org_policies`)."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.pages import page
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("orgpolicy.googleapis.com")
POLICIES = "/v2/projects/{project}/policies"
POLICY = POLICIES + "/{policy}"


@API.get(f"{POLICY}:getEffectivePolicy", permission="orgpolicy.policy.get")
def get_effective_policy(call: Call) -> Json:
    """Where nobody set one, Google answers with the constraint's default: anything goes."""
    constraint = call.path["policy"]
    return resource(call, constraint, call.state.rules.org_policies.get(constraint, {"rules": [{"allowAll": True}]}))


@API.get(POLICY, permission="orgpolicy.policy.get")
def get_policy(call: Call) -> Json:
    """A policy that the project has itself: those of the rules are the organisation's."""
    raise GoogleError("NOT_FOUND", f"Policy {call.path['policy']} is not set on this resource.")


@API.get(POLICIES, permission="orgpolicy.policies.list")
def list_policies(call: Call) -> Json:
    return page([], "policies", call)


def resource(call: Call, constraint: str, spec: Json) -> Json:
    return {"name": f"projects/{call.project.number}/policies/{constraint}", "spec": spec}
