"""Joins the room that it is told, publishes, and says in one line what it got of a browser: run by python-client.test.mjs."""

import asyncio
import json
import sys

from guest import Guest, until


async def main(room, other):
    guest = await Guest("python").join(room)
    await guest.media.publish(guest.room)
    await guest.sees(other)
    await guest.hears(other, sounds=5)
    await guest.room.local_participant.publish_data("from python", reliable=True)
    await until("data of the browser", lambda: any(data == b"from a browser" for _, data, _ in guest.data))
    print(json.dumps({"frames": guest.frames[other], "sounds": guest.sounds[other]}), flush=True)
    # Until the browser has seen enough.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await guest.leave()


asyncio.run(main(*sys.argv[1:]))
