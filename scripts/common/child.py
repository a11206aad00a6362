"""`python child.py PARENT COMMAND...`: become COMMAND, and end when the process PARENT does, however that ends.

Without it a local run that is killed (not asked to stop) would leave its functions behind. Linux only: elsewhere the
command simply runs. See prctl(2), PR_SET_PDEATHSIG: it survives exec, and counts from the parent's starting thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we could ask
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the command is the caller's own


if __name__ == "__main__":
    main()
