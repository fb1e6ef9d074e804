"""Pages and what they load, read once at the start. Assets stand under a path that names their content, so they never go stale."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

HOME = Path(__file__).parent
PLACE = "{static}"
"""Stands in a page for the path of its assets."""
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PLACES = re.compile(r"\{(\w+)\}")
FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """The content of web/static, web/static/vendor (what others have written, see vendor.json there) and web/pages."""

    def __init__(self) -> None:
        folders = (HOME / "static", HOME / "static" / "vendor")
        paths = [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in TYPES]
        self._files = {path.name: path.read_bytes() for path in paths}
        content = hashlib.sha256()
        for name, file in self._files.items():
            content.update(name.encode() + b"\0" + file + b"\0")
        self.path = f"/static/{content.hexdigest()[:16]}"
        self._pages = {
            path.stem: path.read_text(encoding="utf-8").replace(PLACE, self.path)
            for path in (HOME / "pages").glob("*.html")
        }

    def page(self, name: str, status: int = 200) -> Response:
        """One of our pages."""
        return HTMLResponse(self._pages[name], status)

    def filled(self, name: str, words: Mapping[str, str], status: int = 200) -> Response:
        """One of our pages with markup in its places; each is filled once, and what is put there has no places of its own."""
        return HTMLResponse(_PLACES.sub(lambda place: words.get(place[1], place[0]), self._pages[name]), status)

    def serve(self, request: Request) -> Response:
        """/static/{version}/{name}; an old version gets what there is now, and is told not to keep it."""
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return Response(status_code=404)
        kept = FOREVER if request.url.path == f"{self.path}/{name}" else "no-cache"
        return Response(content, media_type=TYPES[Path(name).suffix], headers={"cache-control": kept})
