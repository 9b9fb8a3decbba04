"""Feeds of aiohttp, on the port that the first argument names, until its input ends."""

import asyncio
import sys

from aiohttp import WSMsgType, web


async def data_feed(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str("ready")
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def private(request):
    if request.headers.get("Authorization") != "Bearer t0ken-of-tests":
        raise web.HTTPUnauthorized(text="unknown token")
    return await data_feed(request)


async def hangs(_):
    await asyncio.Event().wait()


async def raises(_):
    raise RuntimeError("a fault of the handler")


async def main():
    app = web.Application()
    for name, handler in [("data-feed", data_feed), ("private", private), ("hangs", hangs), ("raises", raises)]:
        app.router.add_get(f"/ws/{name}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    print("ready", file=sys.stderr, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


asyncio.run(main())
