"""What the project's own configuration of gcloud takes over from the active one; with gcloud: test_bootstrap.py."""

from typing import Any

import pytest
from common.console import CommandFailed
from common.gcloud import Gcloud
from provision.configuration import Configurations, refuse_secrets

from .test_provision import IDENTITY, PROJECT_ID, Bootstrap, Deployment, Desired, Reality, Wish, desired, project_env

__all__ = ["desired", "project_env"]
PINNED = f"voicemint-{PROJECT_ID}"
DECIDING = {
    "auth": {"impersonate_service_account": "sa@p.iam.gserviceaccount.com", "access_token_file": "/token"},
    "billing": {"quota_project": "another"},
    "core": {"custom_ca_certs_file": "/ca.pem"},
    "proxy": {"type": "http", "address": "proxy.example", "port": "3128"},
    "context_aware": {"use_client_certificate": "True"},
    "api_endpoint_overrides": {"run": "https://run.private.example/"},
}


def configuration(name: str, **sections: dict[str, Any]) -> dict[str, Any]:
    core = {"account": "owner@example.com", "project": PROJECT_ID, **sections.pop("core", {})}
    return {"name": name, "is_active": name != PINNED, "properties": {"core": core, **sections}}


def plan_of(desired: Desired, configurations: Configurations) -> Any:
    reality = Reality(identity=IDENTITY, configurations=configurations)
    return Bootstrap(Gcloud(PROJECT_ID), desired, reality, Deployment(), Wish()).plan()


@pytest.mark.parametrize("there", [False, True], ids=["new", "there before it was set"])
def test_all_that_decides_who_asks_and_how_is_taken_over(desired: Desired, there: bool) -> None:
    elsewhere = {"compute": {"zone": "us-central1-a"}, "run": {"region": None}}
    pinned = configuration(PINNED) if there else None
    configurations = Configurations(pinned, configuration("default", **DECIDING, **elsewhere))
    assert not configurations.is_pinned
    plan = plan_of(desired, configurations)
    first = plan.steps[0]
    assert first.id == "configuration"
    assert all("configuration" in step.needs for step in plan.steps[1:])
    said = {
        action.command[3]: action.command[4]
        for action in first.actions
        if action.command[:3] == ("gcloud", "config", "set") and "/" in action.command[3]
    }
    assert said == {f"{section}/{name}": value for section, of in DECIDING.items() for name, value in of.items()}
    assert all(f"--configuration={PINNED}" in action.command for action in first.actions[-len(said) :])


def test_what_was_taken_over_once_is_not_taken_over_again(desired: Desired) -> None:
    configurations = Configurations(configuration(PINNED, **DECIDING), configuration("default", **DECIDING))
    assert configurations.is_pinned
    plan = plan_of(desired, configurations)
    assert [step.id for step in plan.steps if step.id == "configuration"] == []
    assert [note for note in plan.notes if "gcloud works with" in note] == []


def test_where_the_two_differ_it_is_said_which_counts(desired: Desired) -> None:
    other = {"auth": {"impersonate_service_account": "other@p.iam.gserviceaccount.com"}}
    plan = plan_of(desired, Configurations(configuration(PINNED, **DECIDING), configuration("default", **other)))
    [note] = [note for note in plan.notes if "impersonate" in note]
    assert "= sa@p.iam.gserviceaccount.com here; your active configuration says other@p.iam" in note


@pytest.mark.parametrize(
    ("section", "name"), [("proxy", "password"), ("auth", "client_secret")], ids=["password", "client secret"]
)
def test_a_secret_is_not_taken_over_and_not_lost_either(desired: Desired, section: str, name: str) -> None:
    configurations = Configurations(None, configuration("default", **{section: {name: "hunter2"}}))
    variable = f"CLOUDSDK_{section}_{name}".upper()
    with pytest.raises(CommandFailed, match=f"export {variable}=") as refused:
        refuse_secrets(configurations, {})
    assert "hunter2" not in str(refused.value)
    refuse_secrets(configurations, {variable: "hunter2"})
    assert "hunter2" not in str(plan_of(desired, configurations))
