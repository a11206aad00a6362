"""The whole local run in either set-up, for the scripts that ask a site."""

import json
import shutil
from pathlib import Path

import pytest
import standins.local.site
from standins.agents_folder import agents_with
from standins.local.site import Site, local_run
from standins.serving import ServerThread
from voicemint.agents.agent import DEFAULT_AGENT

WEB = Path(__file__).parents[2] / "web"


def local_site(servers: ServerThread, folder: Path, setup: str, **environment: str) -> Site:
    """A site whose default agent has that `setup`. Of its page, only what scripts read is built for it."""
    agents = agents_with(folder / "agents", setup)
    shutil.copy(WEB / "firebase.json", folder)
    _tell_the_setup(shutil.copytree(WEB / "dist", folder / "dist") / "agents.json", setup)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standins.local.site, "FIREBASE_JSON", folder / "firebase.json")
        return servers.enter(local_run(folder / "run", environment={"AGENTS_FOLDER": str(agents), **environment}))


def _tell_the_setup(agents_json: Path, setup: str) -> None:
    told = json.loads(agents_json.read_text())
    (default,) = (agent for agent in told if agent["name"] == DEFAULT_AGENT)
    default["setup"] = setup
    agents_json.write_text(json.dumps(told))
