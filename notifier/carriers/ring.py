"""`python -m notifier.carriers.ring sip:eng@192.168.1.20`: ring a telephone once, and say what comes of it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from core.words import CallEnd, Cursor, Room, Say
from notifier.carriers.sip import Sip, SipConfig
from notifier.prompts.prompts import PromptConfig, Prompts
from notifier.prompts.templates import TEMPLATES

READY = 20.0
"""Seconds in which the stack must be up."""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """What is rung, and how."""
    parser = argparse.ArgumentParser(prog="python -m notifier.carriers.ring", description="ring a SIP phone once")
    parser.add_argument("phone", help="sip:name@host[:port]")
    parser.add_argument("--number", default="GD-1001", help="the ticket that is read out")
    parser.add_argument("--lang", choices=sorted(TEMPLATES), default="zh")
    parser.add_argument("--interface", default="", help="the local address to call from (127.0.0.1 for this machine)")
    parser.add_argument("--recordings", type=Path, help="the folder of the recorded prompts")
    parser.add_argument(
        "--voice", nargs=argparse.REMAINDER, default=(), help="last of all: a command with {text} {wav}"
    )
    return parser.parse_args(argv)


async def ring(given: argparse.Namespace) -> int:
    """The exit status: 0 if a key was pressed, 2 if it was not, 1 if nothing could be dialled."""
    prompts = Prompts(PromptConfig(given.lang, given.recordings, tuple(given.voice)))
    config = SipConfig(interface=given.interface)
    sip = Sip(config, prompts.sound, lambda: time.time_ns() // 1000, prompts.thanks)
    over, keys = asyncio.Event(), []

    async def accept(deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
        for raw in deliveries:
            for fact in sip.read(raw):
                print(f"key {fact.press}" if fact.kind == "press" else f"over: {CallEnd(fact.text)}", flush=True)
                if fact.kind == "press":
                    keys.append(fact.press)
                else:
                    over.set()

    running = asyncio.create_task(sip.run(accept))
    try:
        say = Say("escalation", params=(("number", given.number),))
        room = Room(sip.name, config.account, given.phone)
        receipt = await sip.post(room, say, "by hand")
        for _ in range(round(READY / 0.1)):
            if receipt.state != "later":
                break
            await asyncio.sleep(0.1)
            receipt = await sip.post(room, say, "by hand")
        print(f"{receipt.state}" + (f": {receipt.why}" if receipt.why else ""), flush=True)
        if receipt.state != "sent":
            return 1
        await over.wait()
        return 0 if keys else 2
    finally:
        await sip.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(ring(arguments(None))))
