"""Google's refusals that are not one API's own, word for word as far as they are known."""

from standins.google.control_plane.state.projects import Project
from standins.google.errors import GoogleError

ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
HELP = "type.googleapis.com/google.rpc.Help"


def service_disabled(service: str, number: str) -> GoogleError:
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
    return GoogleError(
        "PERMISSION_DENIED",
        f"{service} API has not been used in project {number} before or it is disabled. Enable it by visiting {url} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry.",
        [
            {
                "@type": ERROR_INFO,
                "reason": "SERVICE_DISABLED",
                "domain": "googleapis.com",
                "metadata": {"service": service, "consumer": f"projects/{number}", "activationUrl": url},
            },
            {"@type": HELP, "links": [{"description": "Google developers console API activation", "url": url}]},
        ],
    )


def no_such_location(location: str, project: Project) -> GoogleError:
    message = f"Permission denied on 'locations/{location}' (or it may not exist)."
    info = {
        "@type": ERROR_INFO,
        "reason": "LOCATION_POLICY_VIOLATED",
        "domain": "googleapis.com",
        "metadata": {"consumer": project.resource, "location": location, "service": ""},
    }
    return GoogleError("PERMISSION_DENIED", message, [info])


def location_forbidden(project: Project, kind: str, location: str) -> GoogleError:
    return GoogleError(
        "FAILED_PRECONDITION",
        f"Constraint constraints/gcp.resourceLocations violated for [orgpolicy:{project.resource}] attempting to "
        f"create a {kind} in [{location}]. For more information, see "
        "https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations.",
    )


def outside_perimeter(service: str, project: Project) -> GoogleError:
    identifier = "VQQnKfXtZ16NHnOmdJAy0E92tVT"
    return GoogleError(
        "PERMISSION_DENIED",
        f"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: {identifier}",
        [
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [{"type": "VPC_SERVICE_CONTROLS", "description": identifier}],
            },
            {
                "@type": ERROR_INFO,
                "reason": "SECURITY_POLICY_VIOLATED",
                "domain": "googleapis.com",
                "metadata": {"service": service, "uid": identifier, "consumer": project.resource},
            },
        ],
    )


def billing_disabled(project: Project) -> GoogleError:
    url = f"https://console.developers.google.com/billing/enable?project={project.number}"
    return GoogleError(
        "PERMISSION_DENIED",
        f"This API method requires billing to be enabled. Please enable billing on project #{project.number} by "
        f"visiting {url} then retry. If you enabled billing for this project recently, wait a few minutes for the "
        "action to propagate to our systems and retry.",
        [
            {
                "@type": ERROR_INFO,
                "reason": "BILLING_DISABLED",
                "domain": "googleapis.com",
                "metadata": {"consumer": f"projects/{project.number}"},
            },
        ],
    )


def permission_denied(permission: str, resource: str, service: str) -> GoogleError:
    return GoogleError(
        "PERMISSION_DENIED",
        f"Permission '{permission}' denied on resource '//{service}/{resource}' (or it may not exist).",
        [
            {
                "@type": ERROR_INFO,
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "iam.googleapis.com",
                "metadata": {"permission": permission, "resource": resource},
            },
        ],
    )
