"""A private certificate authority, and a certificate for each host that a client asks for."""

import os
import ssl
from functools import cache
from pathlib import Path

import trustme


class Certificates:
    """`ca_file` is what clients must trust; `context` ends TLS for any host."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(os.fspath(self.ca_file))
        self._for_host = cache(self._leaf_context)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, host: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._for_host(host or "localhost")

    def _leaf_context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context
