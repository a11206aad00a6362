"""What the page's build is told of the agents; web/test/tools/agents-plugin.test.ts asks the same from its side."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from voicemint.agents.public import main

from .test_files import write_agent

FUNCTIONS = Path(__file__).parents[4] / "functions"
PUBLIC = {"name", "label", "greeting", "model", "voice", "setup", "max_call_minutes", "page_tools", "handoffs"}


def test_the_public_part_is_told_and_no_instruction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_agent(write_agent(tmp_path, "2nd"), handoffs='["2nd"]', page_tools='["end_call"]')
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    first, second = json.loads(printed)
    assert (first.keys(), second.keys()) == (PUBLIC, PUBLIC)
    assert (first["name"], first["handoffs"], first["page_tools"]) == ("assistant", ["2nd"], ["end_call"])
    assert "Be kind." not in printed


def test_a_fault_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_agent(tmp_path, voice='"bob"'))]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: agents/assistant.toml:5: voice is 'bob'; expected one of: alloy")
    assert printed.err.count("\n") == 1


def test_it_needs_no_package() -> None:
    """A page may be built where nothing of ours is installed."""
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r})\n"
         "from voicemint.agents.public import main; sys.exit(main([]))"],
        capture_output=True, text=True, timeout=60, check=True,
        env={name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT")},
    )  # fmt: skip
    assert json.loads(told.stdout)[0]["name"] == "assistant"
