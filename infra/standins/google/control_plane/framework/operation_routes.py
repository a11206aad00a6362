"""The one method that the long-running operations of every API share."""

from standins.google.control_plane.framework.api import Call
from standins.values import Json


def poll(call: Call) -> Json:
    """The handler of GET /v1/{name of the operation}, whatever the API and its version."""
    return call.state.operations.poll(call.url_path.split("/", 2)[2]).resource()
