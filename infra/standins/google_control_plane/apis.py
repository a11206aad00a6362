"""Every API that this Google has. A new one is a module with an `API`, and a line here."""

from standins.google_control_plane import cloudresourcemanager
from standins.google_control_plane.api import Api

APIS: list[Api] = [
    cloudresourcemanager.API,
]
