"""The file that says which project it is: infra/project.env, or another one for each further project.

PROJECT_ENV   names another file (environment only); every command asks here which file it is
"""

from collections.abc import Mapping
from pathlib import Path

from .console import CommandFailed

PROJECT_ENV = Path(__file__).parents[2] / "infra" / "project.env"


def project_env_file(environ: Mapping[str, str]) -> Path:
    """infra/project.env, or the file that PROJECT_ENV names: one for each further project."""
    return Path(environ.get("PROJECT_ENV") or PROJECT_ENV).resolve()


def parse_env(file: Path) -> dict[str, str]:
    """NAME=value lines; a value may be quoted; # starts a comment line. Raises CommandFailed naming the line."""
    values = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals or not name.isidentifier() or "$" in value:
            raise CommandFailed(
                expected=f"NAME=value in line {number} of {file.name}", found="something else", todo="Correct it."
            )
        values[name] = value.strip("\"'")
    return values
