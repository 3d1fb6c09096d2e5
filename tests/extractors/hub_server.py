"""A small model hub on loopback: the part of the hub's HTTP interface that downloads use."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

REPO = "makers/tiny-instruct"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass
class Hub:
    """What the hub serves, and what it was asked for.

    `files`: the repository; a *.safetensors file is stored as LFS, behind a redirect.
    `published`: digests to publish in place of the true ones, by file name.
    `cut`: name of a file and the bytes after which the connection drops, once.
    `status`: answer everything with this instead, e.g. 503.
    """

    files: dict[str, bytes]
    published: dict[str, str] = field(default_factory=dict)
    cut: tuple[str, int] | None = None
    status: int | None = None
    error_code: str | None = None
    digests: bool = True
    url: str = ""
    fetched: list[tuple[str, str | None]] = field(default_factory=list)  # file, Range header

    def digest(self, name: str) -> str:
        data = self.files[name]
        true = hashlib.sha256(data).hexdigest() if is_lfs(name) else git_blob_id(data)
        return self.published.get(name, true)

    def sibling(self, name: str) -> dict[str, object]:
        size = len(self.files[name])
        about: dict[str, object] = {"rfilename": name, "size": size}
        if not self.digests:
            return about
        if is_lfs(name):
            about["lfs"] = {"size": size, "sha256": self.digest(name), "pointerSize": 130}
            return about | {"blobId": git_blob_id(b"pointer")}
        return about | {"blobId": self.digest(name)}


def is_lfs(name: str) -> bool:
    return name.endswith(".safetensors")


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve *hub* on a free port of this machine; its `url` is set meanwhile."""
    handler = type("HubHandler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests read `Hub.fetched`."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        if self.hub.status is not None:
            code = {"X-Error-Code": self.hub.error_code} if self.hub.error_code else {}
            self._send(self.hub.status, b"{}", code, body=body)
        elif re.fullmatch(f"/api/models/{REPO}(/revision/.*)?", path):
            siblings = [self.hub.sibling(name) for name in self.hub.files]
            about = {"id": REPO, "modelId": REPO, "sha": COMMIT, "siblings": siblings}
            kind = {"Content-Type": "application/json"}
            self._send(200, json.dumps(about).encode(), kind, body=body)
        elif path.startswith(f"/{REPO}/resolve/{COMMIT}/"):
            self._resolve(path.rsplit("/", 1)[1], body=body)
        elif path.startswith("/store/"):
            self._file(path.rsplit("/", 1)[1], {}, body=body)
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)

    def _resolve(self, name: str, *, body: bool) -> None:
        etag = {"X-Repo-Commit": COMMIT, "ETag": f'"{self.hub.digest(name)}"'}
        if not is_lfs(name):
            self._file(name, etag, body=body)
            return
        linked = {
            "X-Linked-ETag": etag["ETag"],
            "X-Linked-Size": str(len(self.hub.files[name])),
            "Location": f"{self.hub.url}/store/{name}",
        }
        self._send(302, b"", etag | linked, body=body)

    def _file(self, name: str, headers: dict[str, str], *, body: bool) -> None:
        data = self.hub.files[name]
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        if start:
            headers = headers | {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        if body:
            self.hub.fetched.append((name, wanted))
        end = None
        if body and self.hub.cut and self.hub.cut[0] == name:
            end = self.hub.cut[1] - start
            self.hub.cut = None
        self._send(206 if start else 200, data[start:], headers, body=body, end=end)

    def _send(
        self,
        status: int,
        data: bytes,
        headers: dict[str, str],
        *,
        body: bool,
        end: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data[:end])
        self.close_connection = end is not None
