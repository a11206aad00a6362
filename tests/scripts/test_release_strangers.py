"""What a release would write over: services, pages and triggers that Voicemint did not make. No gcloud is needed."""

from types import SimpleNamespace
from typing import Any

import pytest
from common.build_names import SESSION_SECRET, TRIGGER
from common.console import CommandFailed
from release import pins, trigger
from release.strangers import strangers

from ..google import PROJECT_ID
from .strangers import NAMES

FUNCTIONS = ("mint-client-secret", "sign-in", "watch-call")
LABEL = {"voicemint-source": "any"}
DEPLOYER = f"projects/{PROJECT_ID}/serviceAccounts/{NAMES.email('deployer')}"


class Gcloud:
    """Answers by the words of the command, and remembers what was run."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers, self.ran = answers, list[str]()

    def read(self, *arguments: str) -> Any:
        return self.answers[" ".join(word for word in arguments if not word.startswith("--"))]

    def command(self, *arguments: str) -> list[str]:
        return ["gcloud", *arguments]

    def run(self, command: list[str], **_: Any) -> str:
        self.ran.append(" ".join(command))
        return ""


def function(name: str, **labels: str) -> dict[str, Any]:
    return {"name": f"projects/p/locations/r/functions/{name}", "labels": labels}


def service(name: str, **labels: str) -> dict[str, Any]:
    revision = f"{name}-00001-abc"
    traffic = [{"tag": "v00001-abc", "revisionName": revision}]
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"traffic": traffic},
        "status": {"latestReadyRevisionName": f"{name}-00002-def"},
    }


def channel(name: str, *services: str, kind: str = "DEPLOY") -> dict[str, Any]:
    rewrites = [{"run": {"serviceId": found}} for found in services]
    release = {"type": kind, "version": {"name": "v", "config": {"rewrites": rewrites}}}
    return {"name": f"projects/p/sites/s/channels/{name}", "release": release}


def project(functions: Any = (), services: Any = (), channels: Any = ()) -> Any:
    gcloud = Gcloud({"functions list": functions, "run services list": services})
    signed = SimpleNamespace(ask=lambda *_: {"channels": list(channels)})
    return SimpleNamespace(names=NAMES, site=PROJECT_ID, gcloud=gcloud, signed=signed)


def test_what_carries_our_label_or_leads_to_our_functions_is_ours() -> None:
    ours = project(
        [function("sign-in", **LABEL)],
        [service("sign-in"), service("watch-call", **LABEL)],
        [channel("live", "sign-in"), channel("release", "mint-client-secret"), channel("theirs", "their-service")],
    )
    assert list(strangers(ours, FUNCTIONS, ["live", "release"])) == []


def test_everything_else_is_named() -> None:
    theirs = project(
        [function("sign-in", team="accounts")],
        [service("sign-in", team="accounts"), service("watch-call"), service("another")],
        [channel("live"), channel("release", "their-service"), channel("feature", "their-service")],
    )
    found = list(strangers(theirs, FUNCTIONS, ["live", "release"]))
    assert found == ["function/sign-in", "service/watch-call", f"site/{PROJECT_ID}", "channel/release"]


def test_a_site_that_was_taken_off_the_net_is_nobodys() -> None:
    assert list(strangers(project(channels=[channel("live", kind="SITE_DISABLE")]), FUNCTIONS, ["live"])) == []


def test_tags_are_taken_from_our_services_only() -> None:
    deployed = project([function("sign-in", **LABEL)], [service("sign-in"), service("another")])
    pins.unpin(deployed, ())
    assert [line.split()[4] for line in deployed.gcloud.ran] == ["sign-in"]


def builds(found: dict[str, Any], labels: dict[str, str]) -> Any:
    secret = {"name": f"projects/p/secrets/{SESSION_SECRET}", "labels": labels}
    answers = {
        "secrets list": [secret],
        "builds triggers list": [found],
        f"secrets get-iam-policy {SESSION_SECRET}": {},
        f"secrets versions list {SESSION_SECRET}": [{"name": "v/1", "state": "ENABLED"}],
    }
    return SimpleNamespace(names=NAMES, gcloud=Gcloud(answers))


OUR_TRIGGER = {"name": TRIGGER, "serviceAccount": DEPLOYER, "substitutions": {"_CONTROL_BUCKET": NAMES.control_bucket}}
THEIR_TRIGGER = {"name": TRIGGER, "description": "of another team"}
MARKED = {"managed-by": "voicemint"}


@pytest.mark.parametrize(
    ("found", "labels", "named"),
    [(THEIR_TRIGGER, MARKED, TRIGGER), (OUR_TRIGGER, {}, SESSION_SECRET)],
    ids=["trigger", "secret"],
)
@pytest.mark.parametrize("wish", ["--renew-session", "--connection=a --repository=b"])
def test_a_trigger_is_not_made_over_somebody_elses(
    found: dict[str, Any], labels: dict[str, str], named: str, wish: str
) -> None:
    with pytest.raises(CommandFailed, match=named):
        list(trigger.planned(builds(found, labels), trigger.parse(wish.split())))


def test_somebody_elses_trigger_and_secret_are_not_deleted() -> None:
    options = trigger.parse(["--delete"])
    assert list(trigger.planned(builds(THEIR_TRIGGER, {"team": "search"}), options)) == []
    assert len(list(trigger.planned(builds(OUR_TRIGGER, MARKED), options))) == 2


def test_a_build_may_read_its_session_whatever_others_may_under_a_condition() -> None:
    steps = list(trigger.planned(builds(OUR_TRIGGER, MARKED), trigger.parse(["--renew-session"])))
    [grant] = [step.command for step in steps if "add-iam-policy-binding" in step.command]
    assert "--condition=None" in grant
