"""Joins the room that it is told and says so, and what the first message was; it is stopped and ended from outside."""

import asyncio
import sys

from guest import Guest, until


async def main(room, identity):
    guest = await Guest(identity).join(room)
    print("in", flush=True)
    await until("a message", lambda: guest.data)
    print(guest.data[0][1].decode(), flush=True)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
