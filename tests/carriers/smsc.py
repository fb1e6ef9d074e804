"""A message centre made of smpp34's server, which shares no code with ours, in a process of its own.

Lines of JSON: orders come in ({"next": status or "silent"}, {"bring": {...}}), what happens goes out.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import smpp34


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


class Centre:
    """Takes messages; does with the next ones what it was told."""

    def __init__(self) -> None:
        self.bound: smpp34.Esme | None = None
        self.answers: list[int | str] = []
        self.kept: list[smpp34.SubmitSmEvent] = []
        self.taken = 0

    async def serve(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self.bound = event
                tell(bound=event.system_id)
            elif isinstance(event, smpp34.Unbound):
                tell(unbound=True)
            else:
                self.take(event)

    def take(self, event: smpp34.SubmitSmEvent) -> None:
        payload = [tlv.value for tlv in event.tlvs if tlv.tag == smpp34.TLV_MESSAGE_PAYLOAD]  # pyright: ignore[reportAttributeAccessIssue]
        content = event.short_message or b"".join(payload)
        answer = self.answers.pop(0) if self.answers else 0
        tell(
            submitted=content.hex(),
            source=event.source_addr,
            to=event.destination_addr,
            ton=event.dest_addr_ton,
            coding=event.data_coding,
            esm=event.esm_class,
            receipt=event.registered_delivery,
            payload=bool(payload),
            answer=answer,
        )
        if answer == "silent":
            self.kept.append(event)
        elif answer:
            event.reject(int(answer))
        else:
            self.accept(event)

    def accept(self, event: smpp34.SubmitSmEvent) -> None:
        self.taken += 1
        event.accept(f"{self.taken + 0xAA0:08x}")

    async def obey(self, order: dict) -> None:
        if "next" in order:
            self.answers.append(order["next"])
            tell(obeyed=True)
        elif "answer_kept" in order:
            while self.kept:
                self.accept(self.kept.pop(0))
        elif "bring" in order and self.bound:
            what = order["bring"]
            content = bytes.fromhex(what.pop("content"))
            answer = await self.bound.deliver_sm(what.pop("to"), content, source_addr=what.pop("source"), **what)
            tell(brought=answer.command_status)


async def main(port: int) -> None:
    server, centre = smpp34.Server("127.0.0.1", port, system_id="smsc"), Centre()
    await server.start()
    tell(ready=port)
    serving = asyncio.create_task(centre.serve(server))
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    obeying = set()
    while line := await orders.readline():
        task = asyncio.create_task(centre.obey(json.loads(line)))
        obeying.add(task)
        task.add_done_callback(obeying.discard)
    serving.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
    os._exit(0)
