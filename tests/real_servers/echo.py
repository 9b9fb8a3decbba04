"""Echo of Python's websockets, on the port that the first argument names, until its input ends.

Tells a client when it has answered three pings.
"""

import asyncio
import sys

from websockets.asyncio.server import serve


async def talk(client):
    for _ in range(3):
        await (await client.ping())
    await client.send("three pongs")
    async for message in client:
        await client.send(message)


async def main():
    async with serve(talk, "127.0.0.1", int(sys.argv[1])):
        print("ready", file=sys.stderr)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
