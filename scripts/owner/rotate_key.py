"""The command line of scripts/rotate-key.sh."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from common.command_line import CommandLine
from common.console import run, say, show, wait
from common.secret_names import OPENAI_API_KEY, SIGNING_KEY
from voicemint.control.stop_switch import ControlState
from voicemint.secrets.mounted import CACHE_SECONDS
from voicemint.secrets.signing import SigningKeys

from .control_state import read_control
from .openai_key import check_key, read_key, refuse_for_stand_ins, refuse_real_key_locally
from .project import Project, add_project_options, project_of
from .secret_versions import Versions
from .signing_rotation import SigningRotation
from .site_check import check_calls

OVERLAP_SECONDS = CACHE_SECONDS + 30
MAX_OVERLAP_SECONDS = 24 * 3600
OPENAI, SIGNING = "openai", "signing"


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = project_of(options)
    epoch = (read_control(project.control_bucket) or ControlState()).epoch
    check = partial(verified, project.site_url, epoch=epoch) if options.verify else unverified
    if options.which == SIGNING:
        rotation = SigningRotation(project, options.overlap, check)
        return rotation.retire(confirmed=options.yes) if options.retire else rotation.rotate()
    return rotate_openai_key(project, options.overlap, check)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/rotate-key.sh")
    parser.add_argument("which", choices=[OPENAI, SIGNING], metavar=f"{OPENAI}|{SIGNING}")
    parser.add_argument("--retire", action="store_true")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--overlap", type=overlap_seconds, default=OVERLAP_SECONDS, metavar="SECONDS")
    parser.add_argument("--no-verify", action="store_false", dest="verify")
    add_project_options(parser)
    options = parser.parse_args(arguments)
    if options.retire and options.which != SIGNING:
        parser.error("--retire is for the signing key")
    return options


def overlap_seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MAX_OVERLAP_SECONDS):
        raise argparse.ArgumentTypeError(f"expected 0 to {MAX_OVERLAP_SECONDS} seconds")
    return int(text)


def verified(site_url: str, keys: SigningKeys, *, epoch: int) -> None:
    """Raises CommandFailed where the site does not take a session that the first of `keys` signed."""
    if check_calls(site_url, keys, epoch):
        say("Checked: the site lets somebody in and opens calls.")
    else:
        say("Checked: the site lets somebody in. It opens no calls at the moment (stopped, or a limit is reached).")


def unverified(_keys: SigningKeys) -> None:
    say("Not checked at the site, as --no-verify asks.")


def rotate_openai_key(project: Project, overlap: int, check: Callable[[SigningKeys], None]) -> int:
    refuse_real_key_locally(project)
    key = read_key()
    refuse_for_stand_ins(project, key)
    say("Asking OpenAI whether it takes the key")
    check_key(project.settings.openai_base_url, key)
    versions = Versions(project, OPENAI_API_KEY)
    latest = versions.latest_if_enabled()
    held = latest.number if latest and latest.text == key.reveal() else None
    if held and not versions.older_than(held):
        show("Nothing to do: this key is in use already, and no older one is stored.")
        return 0
    number = held or versions.add(key.reveal())
    say(f"Version {number} of {OPENAI_API_KEY} holds {'this key already' if held else 'the new key'}.")
    wait(overlap, "every running copy of the functions reads the new key before the old one goes")
    keys = SigningKeys(Versions(project, SIGNING_KEY).latest().text)
    check(keys)
    versions.retire_older_than(number, still_works=partial(check, keys))
    show(f"Done: the new key is in use (version {number} of {OPENAI_API_KEY}); older ones are destroyed here.")
    say("Now revoke the old key: https://platform.openai.com/api-keys. Until then whoever has it can use it.")
    return 0


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
