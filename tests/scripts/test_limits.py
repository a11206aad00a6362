import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from common.console import CommandFailed
from owner.limits import main, not_covered
from owner.project import cloud_project
from owner.spend import usd_per_minute, worst_case
from voicemint.agents.agent import UNIFIED, Agent
from voicemint.agents.files import load_agents
from voicemint.errors import SettingsError
from voicemint.openai.prices import load_prices

from .conftest import SCRIPTS, OwnerCloud

LIMITS = SCRIPTS / "limits.sh"
PRICES = load_prices()


def lease(cloud: OwnerCloud, slot: int) -> None:
    cloud.write(f"minted/{datetime.now(UTC):%Y-%m-%d}/{slot:06d}", b"{}")


def test_it_prints_limits_todays_use_and_what_a_day_can_cost(cloud: OwnerCloud) -> None:
    for slot in range(3):
        lease(cloud, slot)
    ended = cloud.run("limits.sh")
    assert ended.returncode == 0, ended.stderr
    assert "Calls are allowed. Limits, from the local run:" in ended.stdout
    assert "200 calls a day, of all people together (DAILY_LIMIT)" in ended.stdout
    assert "50 of them, of each person (PERSON_DAILY_LIMIT)" in ended.stdout
    assert "2 calls at the same time, of each person (MAX_CALLS_AT_ONCE)" in ended.stdout
    assert "600 minutes of calls a month, of each person (MONTHLY_MINUTES)" in ended.stdout
    assert "at most 15 of 200 calls. They are counted 5 at a time." in ended.stdout
    assert "assistant (gpt-realtime-2.1): 200 calls x 30 min x $0.05025/min = $301.50" in ended.stdout
    assert "An ordinary call of 10 minutes costs about $0.50." in ended.stdout
    assert (
        "To lower it: write fewer calls a day (DAILY_LIMIT) into infra/functions/mint-client-secret.yaml"
        in ended.stdout
    )
    assert "With 40 calls of 15 minutes it is $30.15 a day." in ended.stdout
    assert "buy credit there in advance" in ended.stdout


def test_json_says_the_same(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(cloud.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["limits"]["daily_limit"] == 200
    assert found["state"] == "running"
    assert found["prices_as_of"] == PRICES["as_of"]
    (case,) = [case for case in found["worst_case_a_day"] if case["agent"] == "assistant"]
    assert (case["usd"], case["usd_at_longest"]) == (301.5, 603.0)


def test_what_a_client_secret_leaves_open_is_said_while_there_are_any() -> None:
    agents = load_agents()
    unified = {name: replace(agent, setup=UNIFIED) for name, agent in agents.items()}
    assert any("CLIENT_SECRETS" in line for line in not_covered(agents))
    assert [line for line in not_covered(unified) if "client secret" in line] == []


@pytest.mark.parametrize(
    ("model", "usd"), [("gpt-realtime-2.1", 0.048), ("gpt-realtime-2.1-mini", 0.015)], ids=lambda value: str(value)
)
def test_a_minute_costs_what_the_price_list_makes_of_half_a_minute_each(model: str, usd: float) -> None:
    half_a_minute_of_transcription = 0.0045 / 2
    assert usd_per_minute(model, "gpt-transcribe", PRICES) == pytest.approx(usd + half_a_minute_of_transcription)


def test_every_agent_of_ours_has_a_price() -> None:
    for name, agent in load_agents().items():
        assert worst_case(name, agent, 1, PRICES).usd > 0


def test_a_model_without_a_price_is_named() -> None:
    agent = Agent(
        name="a", label="A", instructions="a", greeting="a", model="gpt-new", voice="marin", max_call_minutes=1
    )
    with pytest.raises(CommandFailed, match=r"An agent's model, gpt-new, has no price.*prices\.json"):
        worst_case("a", agent, 1, PRICES)


@pytest.mark.parametrize(
    "flags",
    [
        "--max-instances: 2\n--set-env-vars:\n  DAILY_LIMIT: 40\n  DAILY_BLOCK: '2'\n",
        "--max-instances: 2\n--set-env-vars: DAILY_LIMIT=40,DAILY_BLOCK=2\n",
    ],
    ids=["map", "list"],
)
def test_the_limits_are_those_that_are_deployed(tmp_path: Path, flags: str) -> None:
    file = tmp_path / "mint-client-secret.yaml"
    file.write_text(flags)
    project = cloud_project({"PROJECT_ID": "mine"}, tmp_path / "nothing", file)
    assert (project.settings.daily_limit, project.settings.daily_block, project.max_instances) == (40, 2, 2)
    assert project.limits_from == "infra/functions/mint-client-secret.yaml"


def test_without_a_file_they_are_the_defaults(tmp_path: Path) -> None:
    project = cloud_project({"PROJECT_ID": "mine"}, tmp_path / "nothing", tmp_path / "nothing")
    assert (project.settings.daily_limit, project.max_instances) == (200, None)
    assert project.limits_from == "the defaults of voicemint/settings.py"


def test_a_limit_that_no_function_would_start_with_is_refused(tmp_path: Path) -> None:
    environ = {"PROJECT_ID": "mine", "DAILY_LIMIT": "many"}
    with pytest.raises(SettingsError, match="DAILY_LIMIT is 'many'"):
        cloud_project(environ, tmp_path / "nothing", tmp_path / "nothing")


def test_wrong_usage_exits_2_and_help_says_how() -> None:
    assert subprocess.run([LIMITS, "--all"], capture_output=True, timeout=60).returncode == 2
    helped = subprocess.run([LIMITS, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "Usage: scripts/limits.sh [--local] [--json]" in helped.stdout
