"""What the server gives out beside the pages: the player's files, and the instruments that it plays."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from musegen.errors import MusegenError
from musegen.places import ASSETS

_A_DAY = {"Cache-Control": "public, max-age=86400"}


class _Fresh(StaticFiles):
    """Files that a browser asks after every time, so that an update never meets yesterday's half."""

    def file_response(self, *args, **kwargs) -> Response:  # noqa: ANN002, ANN003 - as Starlette calls it
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


@lru_cache(maxsize=24)
def _pack(name: str) -> bytes:
    from musegen.audio import instrument_pack

    return instrument_pack(0, is_drum=True) if name == "drums" else instrument_pack(int(name))


def instrument(request: Request) -> Response:
    """An instrument of the SoundFont: "0" to "127", or "drums"."""
    name = request.path_params["name"]
    if name != "drums" and not (name.isascii() and name.isdigit() and int(name) < 128):
        return PlainTextResponse("There is no such instrument: 0 to 127, or drums.", 404)
    try:
        return Response(_pack(name), media_type="application/octet-stream", headers=_A_DAY)
    except MusegenError as error:
        return PlainTextResponse(str(error), 503)


def routes() -> list[BaseRoute]:
    """All of them."""
    return [
        Route("/player/instrument/{name}", instrument),
        Mount("/player", _Fresh(directory=ASSETS / "player", check_dir=False)),
    ]
