"""What bash 3.2, the bash of every Mac, cannot do: found by reading, because no package registry has it any more.

An array that is empty counts as unset there, so `set -u` ends a script at "${array[@]}". What is safe in every bash is
${array[@]+"${array[@]}"}, or an array that is declared with what it holds and never emptied.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

EXPANSION = re.compile(r"\$\{(?P<name>\w+)\[[@*]\](?P<operator>.?)")
GUARD = re.compile(r'\$\{(?P<name>\w+)\[[@*]\]\+"?$')
EMPTIED = re.compile(r"(?P<name>\b\w+)=\(\s*\)")
FILLED = re.compile(r"(?P<name>\b\w+)=\(\s*[^\s)]")
LATER = {
    "mapfile": r"\b(mapfile|readarray)\b",
    "an associative array": r"\b(declare|local|typeset)\s+-[a-zA-Z]*A",
    "a name reference": r"\b(declare|local|typeset)\s+-[a-zA-Z]*n",
    "a global from a function": r"\b(declare|typeset)\s+-[a-zA-Z]*g",
    "a changed case": r"\$\{\w+(\[[^]]*\])?(,|\^)",
    "a transformation": r"\$\{\w+(\[[^]]*\])?@[QEPAKakUuL]\}",
    "a negative length": r"\$\{\w+:[^}]*:\s*-\d+\}",
    "a negative index": r"\$\{\w+\[-\d+\]",
    "test -v": r"\[\[? -v\b|\btest -v\b",
    "a pipe of both streams": r"\|&",
    "an appended file of both streams": r"&>>",
    "case that goes on": r";;&|;&",
    "a coprocess": r"^\s*coproc\b",
    "wait -n": r"\bwait\s+-\w*n",
    "the time by printf": r"printf\s.*%\([^)]*\)T",
    "a variable of a later bash": r"\$\{?(BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM|BASH_ARGV0)\b",
    "a descriptor that bash chooses": r"\bexec\s+\{\w+\}",
    "an option of a later bash": r"\bshopt\s+.*\b(globstar|lastpipe|inherit_errexit|localvar_inherit)\b",
    "a fraction of a second": r"\bread\s+.*-t\s*\d*\.\d",
    "read -N": r"\bread\s+-\w*[Ni]\b",
    "a character by its number": r"\$'[^']*\\[uU][0-9a-fA-F]",
}


class Fault(NamedTuple):
    line: int
    what: str


def faults(script: str, sourced: str = "") -> Iterator[Fault]:
    """What would fail, or mean another thing, in bash 3.2; `sourced` is the text of what the script sources."""
    emptied = {found["name"] for found in EMPTIED.finditer(script + sourced)}
    filled = {found["name"] for found in FILLED.finditer(script + sourced)} - emptied
    for number, line in enumerate(script.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        for expansion in EXPANSION.finditer(line):
            if expansion["name"] not in filled and not _is_guarded(expansion, line):
                yield Fault(number, f"{expansion['name']} may be empty")
        for what, words in LATER.items():
            if re.search(words, line):
                yield Fault(number, what)


def _is_guarded(expansion: re.Match[str], line: str) -> bool:
    """Inside ${name[@]+…}, or such a thing itself."""
    guard = GUARD.search(line[: expansion.start()])
    return expansion["operator"] == "+" or bool(guard and guard["name"] == expansion["name"])
