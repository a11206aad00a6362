"""gcloud's way to the network, for what Python and Node ask themselves: its proxy and the CA of a company's own.

Read from gcloud's files, because starting it takes as long as all the rest of a short command.
"""

from collections.abc import Mapping
from configparser import Error, RawConfigParser
from pathlib import Path
from urllib.parse import quote

TUNNEL = "http"  # the only one of gcloud's kinds of proxies that needs no further package
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def network_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What to set besides: nothing that the environment says already, and nothing where gcloud says nothing."""
    gcloud = _Properties(environ)
    found = {"HTTPS_PROXY": _proxy(gcloud), **dict.fromkeys(CA_VARIABLES, gcloud.value("core", "custom_ca_certs_file"))}
    said = {name.upper() for name, value in environ.items() if value}
    return {name: value for name, value in found.items() if value and name not in said}


def gcloud_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")


class _Properties:
    """Of the active configuration; a variable CLOUDSDK_SECTION_NAME wins, as it does in gcloud."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._file = RawConfigParser()
        folder = gcloud_folder(environ)
        try:
            name = environ.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (folder / "active_config").read_text().strip()
            self._file.read(folder / "configurations" / f"config_{name}", encoding="utf-8")
        except (OSError, ValueError, Error):  # gcloud itself says what is wrong with it
            pass

    def value(self, section: str, name: str) -> str:
        said = self._environ.get(f"CLOUDSDK_{section}_{name}".upper())
        return said or self._file.get(section, name, fallback="") or ""


def _proxy(gcloud: _Properties) -> str:
    kind, address, port = (gcloud.value("proxy", name) for name in ("type", "address", "port"))
    if kind != TUNNEL or not address or not port:
        return ""
    user, password = (quote(gcloud.value("proxy", name), safe="") for name in ("username", "password"))
    signed_in = f"{user}:{password}@" if password else f"{user}@" if user else ""
    return f"{kind}://{signed_in}{address}:{port}"
