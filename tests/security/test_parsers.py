"""No input of a stranger makes a parser raise what it should not, or take long.

Invented by hypothesis, found by atheris.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..functions.conftest import FUNCTIONS_FOLDER
from .conftest import Figure
from .parsers import parsers

PARSERS = ("token", "cookie", "ndjson", "batch_header", "webhook", "sip", "sdp", "ticket", "json", "redaction")
FUZZED = ("token", "cookie", "ndjson", "webhook", "sip", "sdp", "json")
CASES, LONG_CASES = 500, 20_000
LONGEST = 4096
EXECUTIONS, LONG_EXECUTIONS = 20_000, 1_000_000
FUZZ = Path(__file__).with_name("fuzz.py")

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())


def inputs(examples: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Bytes, text, JSON, what is like the examples but for a piece, and one piece again and again."""

    def edited(example: bytes, start: int, length: int, piece: bytes) -> bytes:
        return example[:start] + piece + example[start + length :]

    def repeated(example: bytes, start: int, length: int, piece: bytes, end: bytes) -> bytes:
        part = example[start : start + length] or piece
        return example[:start] + part * (LONGEST // len(part)) + end

    one_byte = st.binary(min_size=1, max_size=1)
    long = st.builds(
        repeated, st.sampled_from(examples), st.integers(0, 200), st.integers(0, 4), one_byte, st.binary(max_size=2)
    )
    near = st.builds(edited, st.sampled_from(examples), st.integers(0, 200), st.integers(0, 20), st.binary(max_size=20))
    text = st.text(max_size=1000).map(lambda value: value.encode("utf-8", "surrogatepass"))
    return st.one_of(
        st.binary(max_size=2000), text, near, long, DOCUMENTS, st.lists(DOCUMENTS, max_size=5).map(b"\n".join)
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PARSERS)
def test_no_input_that_hypothesis_invents_is_too_much(name: str, is_long: bool, tmp_path: Path, figure: Figure) -> None:
    parser = parsers(tmp_path)[name]
    cases = LONG_CASES if is_long else CASES
    tried = 0

    @given(inputs(parser.examples))
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def parse(data: bytes) -> None:
        nonlocal tried
        tried += 1
        parser.parse(data)

    parse()
    assert tried >= cases
    figure(f"hypothesis, {name}", f"{tried} cases, 0 uncaught, 0 that took too long")


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this machine")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", FUZZED)
def test_no_input_that_atheris_finds_is_too_much(name: str, is_long: bool, tmp_path: Path, figure: Figure) -> None:
    executions = LONG_EXECUTIONS if is_long else EXECUTIONS
    done = subprocess.run(
        [sys.executable, FUZZ, name, tmp_path, f"-atheris_runs={executions}", "-max_len=4096", "-seed=1"],
        env={**os.environ, "PYTHONPATH": str(FUNCTIONS_FOLDER)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (runs,) = re.findall(r"Done (\d+) in", done.stderr)
    assert int(runs) >= executions
    figure(f"atheris, {name}", f"{runs} executions, 0 uncaught, 0 that took too long")
