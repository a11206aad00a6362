"""Loaded by Python as sitecustomize in a deployed function's process: its network and its mounted secrets.

VOICEMINT_MACHINE is JSON: {"mounts": {path: folder}, "tls_port": the local Google's, "metadata": base URL}.
"""

import builtins
import io
import json
import os
import socket
from typing import Any

MACHINE = json.loads(os.environ["VOICEMINT_MACHINE"])
METADATA_HOSTS = ("metadata.google.internal", "metadata", "169.254.169.254")
LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", None)

_getaddrinfo, _open, _stat = socket.getaddrinfo, io.open, os.stat


def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
    """Every name leads to the local Google; the metadata server's to its own stand-in."""
    if host in METADATA_HOSTS:
        return _getaddrinfo("127.0.0.1", int(MACHINE["metadata"].rpartition(":")[2]), *rest, **named)
    if host in LOOPBACK:
        return _getaddrinfo(host, port, *rest, **named)
    return _getaddrinfo("127.0.0.1", MACHINE["tls_port"], *rest, **named)


def mounted(path: Any) -> Any:
    """Where a path within a mounted folder really is."""
    if isinstance(path, str | os.PathLike):
        text = os.fspath(path)
        for mount, folder in MACHINE["mounts"].items():
            if isinstance(text, str) and text.startswith(f"{mount}/"):
                return folder + text.removeprefix(mount)
    return path


def open_mounted(file: Any, *rest: Any, **named: Any) -> Any:
    return _open(mounted(file), *rest, **named)


def stat_mounted(path: Any, *rest: Any, **named: Any) -> Any:
    return _stat(mounted(path), *rest, **named)


socket.getaddrinfo = getaddrinfo
io.open = builtins.open = open_mounted
os.stat = stat_mounted
