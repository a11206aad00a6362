"""The three methods that every resource with a policy of its own has."""

from collections.abc import Callable

from standins.google.control_plane.framework.api import Api, Call
from standins.google.errors import GoogleError
from standins.values import Json

Exists = Callable[[Call], object]


def add_iam_routes(api: Api, path: str, permissions: str, exists: Exists, *, read_method: str = "GET") -> None:
    """`path` ends with the resource; `exists` raises NOT_FOUND; `permissions` is e.g. "secretmanager.secrets"."""

    def get_iam_policy(call: Call) -> Json:
        exists(call)
        return call.state.policies.of(resource_of(call)).resource(_requested_version(call))

    def set_iam_policy(call: Call) -> Json:
        exists(call)
        return call.state.write_policy(resource_of(call), call.json().get("policy"))

    def test_iam_permissions(call: Call) -> Json:
        return granted(call)

    may_read = f"{permissions}.getIamPolicy"
    api.route(read_method, f"{path}:getIamPolicy", permission=may_read, read=True)(get_iam_policy)
    api.post(f"{path}:setIamPolicy", permission=f"{permissions}.setIamPolicy")(set_iam_policy)
    api.post(f"{path}:testIamPermissions", read=True)(test_iam_permissions)


def resource_of(call: Call) -> str:
    """The resource that a path with a verb at its end is about, as policies are kept by it."""
    return call.state.resource_name(call.url_path.rpartition(":")[0])


def granted(call: Call) -> Json:
    """Which of the permissions asked for the caller has; none is an empty answer."""
    asked = call.json().get("permissions", [])
    if not isinstance(asked, list) or any("*" in permission for permission in asked):
        raise GoogleError("INVALID_ARGUMENT", "Permissions must be a list without wildcards.")
    have = [permission for permission in asked if permission not in call.state.rules.denied_permissions]
    return {"permissions": have} if have else {}


def _requested_version(call: Call) -> int:
    given = call.query.get("options.requestedPolicyVersion")
    if given is None:
        given = call.json().get("options", {}).get("requestedPolicyVersion", 1)
    return int(given)
