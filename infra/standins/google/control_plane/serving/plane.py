"""The server of this Google: a proxy, the APIs behind it, and the processes of what is deployed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from standins.google.control_plane.apis.registry import APIS
from standins.google.control_plane.serving.addresses import HOSTS, ReleasedSites, addresses
from standins.google.control_plane.serving.app import create_app
from standins.google.control_plane.serving.proxy import Proxy
from standins.google.control_plane.serving.revisions import Revisions
from standins.google.control_plane.state.state import State


class ControlPlane:
    """Serves `state`. `pass_through`: hosts that a server on loopback answers for, host -> its base URL."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.pass_through: dict[str, str] = {}
        self.proxy: Proxy  # while it is served: where deployed functions find it

    @property
    def services(self) -> frozenset[str]:
        """The services that this Google has."""
        return frozenset(api.service for api in APIS)

    def knows(self, host: str) -> bool:
        """Whether requests to this host are answered here."""
        known = (*HOSTS, *(pattern for api in APIS for pattern in api.hosts))
        return host in self.pass_through or any(fnmatchcase(host, pattern) for pattern in known)

    @asynccontextmanager
    async def serving(self, folder: Path) -> AsyncIterator[Proxy]:
        """Serve until the block ends. `folder`: the CA, a HOME, gcloud's configuration and the made-up token."""
        account = next((project.account for project in self.state.projects.values()), "owner@example.com")
        revisions = Revisions(self.state, lambda: self.proxy)
        sites = ReleasedSites(self.state, revisions, self.knows)
        app = create_app(self.state, [*addresses(sites, revisions), *APIS], self.pass_through)
        try:
            async with Proxy.running(app, self.knows, self.state.foreign, folder, account) as self.proxy:
                yield self.proxy
        finally:
            await sites.close()
            await revisions.close()
