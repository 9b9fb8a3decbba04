"""Feeds of Django Channels on daphne, on the port that the first argument names, until its input ends."""

import asyncio
import os
import sys
import threading

import django
from django.conf import settings

settings.configure(SECRET_KEY="of-tests", ALLOWED_HOSTS=["*"], INSTALLED_APPS=["channels"], LOGGING_CONFIG=None)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from daphne.endpoints import build_endpoint_description_strings  # noqa: E402
from daphne.server import Server  # noqa: E402
from django.urls import path  # noqa: E402


class DataFeed(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()
        await self.send(text_data="ready")

    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data, bytes_data=bytes_data)


class Private(DataFeed):
    async def connect(self):
        headers = dict(self.scope["headers"])
        if headers.get(b"authorization") != b"Bearer t0ken-of-tests":
            return await self.close(code=4401)
        await super().connect()


class Hangs(AsyncWebsocketConsumer):
    async def connect(self):
        await asyncio.Event().wait()


class Raises(AsyncWebsocketConsumer):
    async def connect(self):
        raise RuntimeError("a fault of the handler")


def end():
    sys.stdin.read()
    os._exit(0)


routes = [("data-feed", DataFeed), ("private", Private), ("hangs", Hangs), ("raises", Raises)]
feeds = URLRouter([path(f"ws/{name}", consumer.as_asgi()) for name, consumer in routes])
threading.Thread(target=end, daemon=True).start()
Server(
    application=ProtocolTypeRouter({"websocket": feeds}),
    endpoints=build_endpoint_description_strings(host="127.0.0.1", port=int(sys.argv[1])),
    signal_handlers=False,
    ready_callable=lambda: print("ready", file=sys.stderr, flush=True),
).run()
