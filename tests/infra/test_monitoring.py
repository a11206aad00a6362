"""infra/monitoring/, budget.yaml and bucket-lifecycle.json: what Google would accept, about what there is."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from voicemint.errors import DailyLimitReached, InvalidSignature, PersonDailyLimitReached, SignedOut

from .infra_files import FUNCTIONS, INFRA, LEADS_TO
from .standins.google.discovery import validator

MONITORING = INFRA / "monitoring"
ALERTS = sorted((MONITORING / "alerts").iterdir())
every_file = pytest.mark.parametrize("file", [MONITORING / "dashboard.json", *ALERTS], ids=lambda file: file.stem)
SERVICE_NAMES = re.compile(r'service_name\s*=\s*(?:one_of)?\(?((?:"[^"]+"(?:, | OR )?)+)')


def alert(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MONITORING / "alerts" / f"{name}.json").read_text())
    return loaded


def filters(value: Any) -> list[str]:
    """Every filter in a file, however deep."""
    if isinstance(value, list):
        return [found for item in value for found in filters(item)]
    if isinstance(value, dict):
        own = [value["filter"]] if isinstance(value.get("filter"), str) else []
        return own + [found for item in value.values() for found in filters(item)]
    return []


def services(text: str) -> set[str]:
    return {name for found in SERVICE_NAMES.findall(text) for name in re.findall(r'"([^"]+)"', found)}


@every_file
def test_google_knows_every_field(file: Path) -> None:
    schema = ("monitoring.v1", "Dashboard") if file.stem == "dashboard" else ("monitoring.v3", "AlertPolicy")
    assert [error.message for error in validator(*schema).iter_errors(json.loads(file.read_text()))] == []


@every_file
def test_every_filter_is_about_functions_that_are_there(file: Path) -> None:
    found = filters(json.loads(file.read_text()))
    assert found
    assert [text for text in found if not services(text) or not services(text) <= set(FUNCTIONS)] == []


@every_file
def test_it_is_of_no_project(file: Path) -> None:
    assert "projects/" not in file.read_text()


@pytest.mark.parametrize("file", ALERTS, ids=lambda file: file.stem)
def test_an_alert_says_what_to_do(file: Path) -> None:
    told = json.loads(file.read_text())["documentation"]["content"]
    assert [
        word for word in re.findall(r"(?:scripts|infra)/[\w./-]+\w", told) if not (INFRA.parent / word).exists()
    ] == []
    assert re.search(r"scripts/|README\.md|infra/", told)


def test_the_alerts_ask_for_the_codes_that_the_functions_give() -> None:
    [daily] = filters(alert("daily-limit-reached"))
    [flood] = filters(alert("signed-out-flood"))
    assert f'jsonPayload.code = "{DailyLimitReached.code}"' in daily
    assert f'jsonPayload.code = "{PersonDailyLimitReached.code}"' in daily
    assert f'jsonPayload.why = "{DailyLimitReached.code}"' in daily  # of a phone call, which is answered 200
    assert services(daily) == {name for name, flags in FUNCTIONS.items() if "DAILY_LIMIT" in flags["--set-env-vars"]}
    assert {f'response_code = "{error.status}"' for error in (SignedOut, InvalidSignature)} == {
        re.search(r'response_code = "\d+"', flood)[0]  # type: ignore[index]
    }


def test_whoever_gets_no_call_is_counted_in_either_set_up() -> None:
    [errors] = filters(alert("mint-errors"))
    assert services(errors) == {LEADS_TO["/api/calls"], LEADS_TO["/api/client-secrets"]}


def test_a_flood_is_seen_at_every_function_that_refuses_strangers() -> None:
    """openapi.yaml says which do; the functions are held to it."""
    described = yaml.safe_load((INFRA.parent / "functions" / "openapi.yaml").read_text())["paths"]
    refusing = [path for path, asked in described.items() if any("401" in each["responses"] for each in asked.values())]
    seen = [text for file in (MONITORING / "dashboard.json", *ALERTS) for text in filters(json.loads(file.read_text()))]
    floods = [services(text) for text in seen if 'response_code = "401"' in text]
    assert floods == [{LEADS_TO[path] for path in refusing}] * 2


def test_an_alert_on_the_log_says_how_often_it_may_repeat() -> None:
    """Monitoring refuses a condition on log lines without it."""
    of_logs = [json.loads(file.read_text()) for file in ALERTS if "conditionMatchedLog" in file.read_text()]
    assert of_logs
    assert [policy["displayName"] for policy in of_logs if "notificationRateLimit" not in policy["alertStrategy"]] == []


def test_instances_at_maximum_is_the_maximum_that_is_deployed() -> None:
    conditions = [condition["conditionThreshold"] for condition in alert("instances-at-max")["conditions"]]
    more_than = {name: each["thresholdValue"] for each in conditions for name in services(each["filter"])}
    assert more_than == {name: flags["--max-instances"] - 1 for name, flags in FUNCTIONS.items()}


def test_the_dashboards_tiles_do_not_overlap() -> None:
    layout = json.loads((MONITORING / "dashboard.json").read_text())["mosaicLayout"]
    cells = [
        (x, y)
        for tile in layout["tiles"]
        for x in range(tile.get("xPos", 0), tile.get("xPos", 0) + tile["width"])
        for y in range(tile.get("yPos", 0), tile.get("yPos", 0) + tile["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < layout["columns"]


def test_payloads_are_deleted_after_thirty_days() -> None:
    lifecycle = json.loads((INFRA / "bucket-lifecycle.json").read_text())
    assert lifecycle == {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 30}}]}
    assert list(validator("storage.v1", "Bucket").iter_errors({"lifecycle": lifecycle})) == []


BUDGET = [pair for entry in yaml.safe_load((INFRA / "budget.yaml").read_text()) for pair in entry.items()]


def test_the_budget_warns_before_the_money_is_gone() -> None:
    percents = [float(re.split("[=,]", rule)[1]) for flag, rule in BUDGET if flag == "--threshold-rule"]
    assert min(percents) <= 0.5
    assert max(percents) == 1.0


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="NOT TESTED: gcloud is not installed")
@pytest.mark.parametrize(("more", "accepted"), [([], True), ([("--threshold-rul", "percent=1.0")], False)])
def test_gcloud_knows_every_flag_of_the_budget(more: list[tuple[str, str]], accepted: bool, tmp_path: Path) -> None:
    flags = " ".join(f"{flag}={value}" for flag, value in [*BUDGET, *more])
    command = f"gcloud billing budgets create --billing-account=000000-000000-000000 {flags}"
    ended = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--command-string={command}"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    [found] = json.loads(ended.stdout)
    assert found["success"] is accepted, found["error_message"]
