"""Feeds of FastAPI on uvicorn, on the port that the first argument names, until its input ends.

The second argument names the implementation of WebSocket that uvicorn takes.
"""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect, status

app = FastAPI()


@app.websocket("/ws/data-feed")
async def data_feed(socket: WebSocket):
    await socket.accept()
    await socket.send_text("ready")
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/ws/private")
async def private(socket: WebSocket):
    """Closes before it accepts, as FastAPI's documentation has it."""
    if socket.headers.get("authorization") != "Bearer t0ken-of-tests":
        return await socket.close(code=status.WS_1008_POLICY_VIOLATION)
    await data_feed(socket)


@app.websocket("/ws/private-after")
async def private_after(socket: WebSocket):
    """Accepts, and then closes."""
    await socket.accept()
    await socket.close(code=4401, reason="token expired")


@app.websocket("/ws/hangs")
async def hangs(socket: WebSocket):
    await asyncio.Event().wait()


@app.websocket("/ws/raises")
async def raises(socket: WebSocket):
    await socket.accept()
    raise RuntimeError("a fault of the handler")


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("ready", file=sys.stderr, flush=True)


async def main():
    config = uvicorn.Config(app, host="127.0.0.1", port=int(sys.argv[1]), ws=sys.argv[2], log_level="critical", timeout_graceful_shutdown=1)
    server = Server(config)

    async def end():
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True

    await asyncio.gather(server.serve(), end())


asyncio.run(main())
