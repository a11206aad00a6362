"""The `gcloud` that tests put first in PATH: it hands itself over to the fork server and ends as the command ends.

Only what starts fast is imported: argv, environment, working folder and the three standard streams go over a socket.
"""

import _socket
import os
import sys

SOCKET = "@SOCKET@"


def main() -> int:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(SOCKET)
    environment = [name + b"=" + value for name, value in os.environb.items()]
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    words = [os.fsencode(os.getcwd()), str(len(arguments)).encode(), *arguments, *environment]
    message = b"\0".join(words)
    streams = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (0, 1, 2))
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)]
    connection.sendmsg([len(message).to_bytes(4, "big")], rights)
    connection.sendall(message)
    code = connection.recv(16)
    if not code:
        os.write(2, b"error: the fork server of gcloud has ended\n")
    return int(code or 1)


sys.exit(main())
