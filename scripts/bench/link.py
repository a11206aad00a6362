"""A link with a round trip of its own, between this machine and a network namespace in which a browser runs.

Two tun devices and a process that carries packets from one to the other, later: TCP, TLS, ICE, DTLS and SCTP all pay,
which no proxy of single connections would make them do. Needs root (CAP_NET_ADMIN) and /dev/net/tun.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select
from time import monotonic

from .processes import BenchError

NEAR, FAR = "10.77.0.1", "10.77.0.2"
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_BYTES = 65_536


@contextmanager
def delayed_link(round_trip_ms: float) -> Iterator[str]:
    """Yields the name of the namespace at the far end; servers listen on NEAR. Raises BenchError."""
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists() or shutil.which("ip") is None:
        raise BenchError("A link with a delay needs root, /dev/net/tun and iproute2: run the bench as root.")
    name = f"voicemint-{os.getpid()}"
    near_device, far_device = f"vmn{os.getpid()}", f"vmf{os.getpid()}"
    with ExitStack() as stack:
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "delete", name)
        near, far = _tun(near_device), _tun(far_device)
        stack.callback(os.close, near)
        stack.callback(os.close, far)
        _ip("link", "set", far_device, "netns", name)
        _up([], near_device, NEAR, FAR)
        _up(["-n", name], far_device, FAR, NEAR)
        _ip("-n", name, "link", "set", "lo", "up")
        command = [sys.executable, "-m", "bench.link", str(near), str(far), str(round_trip_ms)]
        carrier = subprocess.Popen(command, pass_fds=(near, far))
        stack.callback(carrier.wait)
        stack.callback(carrier.terminate)
        yield name


def carry(near: int, far: int, one_way_seconds: float) -> None:
    """Every packet to the other side, in its order, `one_way_seconds` after it came. Never returns."""
    other = {near: far, far: near}
    waiting: deque[tuple[float, int, bytes]] = deque()
    while True:
        timeout = max(0.0, waiting[0][0] - monotonic()) if waiting else None
        for device in select([near, far], [], [], timeout)[0]:
            waiting.append((monotonic() + one_way_seconds, other[device], os.read(device, PACKET_BYTES)))
        while waiting and waiting[0][0] <= monotonic():
            _, device, packet = waiting.popleft()
            os.write(device, packet)


def _tun(device: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def _up(where: list[str], device: str, address: str, peer: str) -> None:
    _ip(*where, "address", "add", address, "peer", peer, "dev", device)
    _ip(*where, "link", "set", device, "up")


def _ip(*arguments: str) -> None:
    finished = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise BenchError(f"ip {' '.join(arguments)} failed: {finished.stderr.strip()}")


if __name__ == "__main__":
    carry(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 2000)
