"""A process of gcloud's own Python that has imported gcloud once and runs every command in a forked child.

    python -S fork_server.py SDK_ROOT SOCKET [FACTOR]      ends when its standard input ends

gcloud is as it is: a child gets the caller's argv, environment, working folder and standard streams before gcloud's
main() reads them, and what gcloud cached while it was imported is thrown away. What a command imported is imported here
too, and its command line's parser is built, so that the next one finds both; nothing is run here. FACTOR shortens the
pauses that gcloud makes (time.sleep), for tests with faults. Runs on any Python that gcloud runs on, with the standard
library alone.
"""

import atexit
import contextlib
import gc
import importlib
import io
import itertools
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback

SHELL_EXPORTS = {"CLOUDSDK_PYTHON_ARGS": "-S", "CLOUDSDK_ENCODING": "UTF-8", "PYTHONIOENCODING": "UTF-8"}
CHUNK_BYTES = 64 * 1024


class Request:
    """A command as its caller handed it over."""

    def __init__(self, connection):
        head, rights, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(12))
        self.streams = [fd for _, _, data in rights for (fd,) in struct.iter_unpack("i", data)]
        missing = int.from_bytes(head, "big")
        if len(head) < 4 or len(self.streams) != 3:
            raise ValueError("this is no request")
        message = b""
        while len(message) < missing:
            chunk = connection.recv(missing - len(message))
            if not chunk:
                raise ValueError("the request ended early")
            message += chunk
        self.folder, count, *words = message.split(b"\0")
        self.arguments = [os.fsdecode(word) for word in words[: int(count)]]
        self.environment = dict(word.split(b"=", 1) for word in words[int(count) :])


class Command:
    """A child, the caller that waits for it, and a pipe: what the child imported; its end is the child's end."""

    def __init__(self, connection, pid, pipe):
        self.connection = connection
        self.pid = pid
        self.pipe = pipe
        self.learned = b""

    @property
    def watched(self):
        return self.connection.fileno(), self.pipe

    def goes_on(self, fd):
        """Take what is there to read of `fd`; the child is ended if nobody waits for it."""
        if fd == self.pipe:
            chunk = os.read(self.pipe, CHUNK_BYTES)
            self.learned += chunk
            return bool(chunk)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return False

    def settle(self):
        """Tell the caller the exit code."""
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(OSError):
            self.connection.sendall(str(code if code >= 0 else 128 - code).encode())
        self.connection.close()
        os.close(self.pipe)


def main(sdk_root, path, factor=1.0):
    sys.path[:1] = [os.path.join(sdk_root, "lib", "third_party"), os.path.join(sdk_root, "lib")]
    os.environ.update(SHELL_EXPORTS, CLOUDSDK_ROOT_DIR=sdk_root)
    cli = importlib.import_module("googlecloudsdk.gcloud_main").CreateCLI([])
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    os.write(1, b"ready\n")
    serve(listener, Gcloud(cli, sdk_root, float(factor)))


class Gcloud:
    """What every child starts from: gcloud's tree of commands, as far as it was built by now."""

    def __init__(self, cli, sdk_root, factor):
        self.cli = cli
        self.sdk_root = sdk_root
        self.factor = factor
        gc.disable()  # a collection would touch, and so copy, every page that a child shares
        gc.freeze()

    def learn(self, told):
        """Build and import what a command did. A module that starts a thread would not survive a fork: it must not."""
        command, _, names = told.decode().partition("\n")
        for name in sorted(filter(None, names.split("\n"))):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        self.cli.top_element.LoadSubElementByPath(command.split())
        gc.freeze()
        if threading.active_count() != 1:
            raise SystemExit("a module of gcloud started a thread: gcloud cannot be forked")


def serve(listener, gcloud):
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(listener, select.POLLIN)
    commands = {}
    while True:
        for fd, _ in poll.poll():
            if fd == 0:
                return end(commands)
            if fd == listener.fileno():
                command = start(listener, gcloud)
                if command is not None:
                    for watched in command.watched:
                        commands[watched] = command
                        poll.register(watched, select.POLLIN)
            elif fd in commands and not commands[fd].goes_on(fd):
                command = commands[fd]
                for watched in command.watched:
                    poll.unregister(watched)
                    del commands[watched]
                command.settle()
                gcloud.learn(command.learned)


def start(listener, gcloud):
    connection, _ = listener.accept()
    connection.settimeout(10)
    try:
        request = Request(connection)
    except (OSError, ValueError):
        connection.close()
        return None
    connection.settimeout(None)
    pipe, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        listener.close()
        connection.close()
        run(request, gcloud, tell)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    os.close(tell)
    for fd in request.streams:
        os.close(fd)
    return Command(connection, pid, pipe)


def run(request, gcloud, tell):
    """In the child: become the caller, be gcloud, and end."""
    code = 1
    try:
        become(request, gcloud.sdk_root, gcloud.factor)
        known = set(sys.modules)
        code = run_gcloud(gcloud.cli)
        names = [name for name in set(sys.modules) - known if not name.startswith("__calliope__")]
        with os.fdopen(tell, "wb") as pipe:
            pipe.write("\n".join([command_in(request.arguments), *names]).encode())
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def command_in(arguments):
    """The words before the first flag; what is no command's name among them is found by nobody."""
    return " ".join(itertools.takewhile(lambda word: not word.startswith("-"), arguments))


def become(request, sdk_root, factor):
    for target, fd in enumerate(request.streams):
        os.dup2(fd, target)
        os.close(fd)
    os.environ.clear()
    for name, value in request.environment.items():
        os.environb[name] = value
    os.environ.update(SHELL_EXPORTS, CLOUDSDK_ROOT_DIR=sdk_root, CLOUDSDK_GSUTIL_PYTHON=sys.executable)
    os.chdir(request.folder)
    sys.argv = [os.path.join(sdk_root, "lib", "gcloud.py"), *request.arguments]
    sys.stdin = stream(0, "rb")
    sys.stdout = stream(1, "wb")
    sys.stderr = stream(2, "wb", errors="backslashreplace", line_buffering=True)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    if factor != 1.0:
        pause = time.sleep
        time.sleep = lambda seconds: pause(seconds * factor)
    forget()


def stream(fd, mode, errors="strict", line_buffering=False):
    """A standard stream as a Python that starts has it."""
    raw = os.fdopen(fd, mode, closefd=False)
    return io.TextIOWrapper(raw, "utf-8", errors, line_buffering=line_buffering or os.isatty(fd))


def forget():
    """What gcloud keeps of the environment that it was imported in."""
    from googlecloudsdk.core import log
    from googlecloudsdk.core.configurations import named_configs

    named_configs.ActivePropertiesFile.Invalidate()
    log.Reset(sys.stdout, sys.stderr)


def run_gcloud(cli):
    """gcloud's exit code, once all is written and all that was to be done at exit is done."""
    from googlecloudsdk import gcloud_main

    try:
        result = gcloud_main.main(cli)
    except SystemExit as end:
        result = end.code
    except KeyboardInterrupt:
        result = 130
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    if isinstance(result, str):
        sys.stderr.write(result + "\n")
        result = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return result or 0


def end(commands):
    for command in set(commands.values()):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
        os.waitpid(command.pid, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
