"""Formatted text on its way into a field: the page's script brings the HTML of a paste, and gets Markdown back."""

from starlette.responses import Response

from console.visit import Visit
from network import pasted


async def paste(visit: Visit) -> Response:
    return Response(pasted.to_markdown(visit.text("html")), media_type="text/plain")
