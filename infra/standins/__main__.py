"""`python -m standins`: the local run, until Ctrl-C. scripts/dev.sh prepares everything and starts this."""

import os
import signal
import sys

if __name__ == "__main__":
    os.umask(0o077)  # keys and conversations: what this and the functions write is for this user alone
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the modules load: an end, and no traceback
    from standins.command import main

    sys.exit(main())
