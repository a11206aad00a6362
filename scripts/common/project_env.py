"""The file that says which project it is: infra/project.env, or another one for each further project.

PROJECT_ENV   names another file (environment only); every command asks here which file it is
"""

from collections.abc import Mapping
from pathlib import Path

from common.console import CommandFailed
from common.env_file import UnreadableFile, read_env

PROJECT_ENV = Path(__file__).parents[2] / "infra" / "project.env"


def project_env_file(environ: Mapping[str, str]) -> Path:
    """infra/project.env, or the file that PROJECT_ENV names: one for each further project."""
    return Path(environ.get("PROJECT_ENV") or PROJECT_ENV).resolve()


def parse_env(file: Path) -> dict[str, str]:
    """What the file says. Raises CommandFailed for one that cannot be read, or naming the line."""
    try:
        return read_env(file)
    except UnreadableFile as error:
        raise CommandFailed(happened=error.happened, todo=f"{error.todo}.") from None
