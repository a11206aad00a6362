"""A page in a process of its own, for a test that has it go without a word: python -m tests.functions.page.

Prints its SDP offer as a JSON line, reads the answer as one, prints "up" when it is talking, and stays.
"""

import asyncio
import json
import sys

from ..infra.standins.openai.calling import Caller


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def stay() -> None:
    caller = Caller()
    tell(json.dumps(await caller.offer()))
    answer = json.loads(await asyncio.to_thread(sys.stdin.readline))
    await caller.accept(answer)
    await caller.listener.wait_for("session.created")
    tell("up")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(stay())
