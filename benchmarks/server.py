"""A server such as pages come from."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEXT = {".html", ".js", ".css", ".json", ".svg", ".woff"}  # what a server compresses


@contextmanager
def compressing(site: Path) -> Iterator[str]:
    """The address of a folder on a local server that compresses text, as servers of pages do."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            path = Path(self.translate_path(self.path))
            if not path.is_file():
                self.send_error(404)
                return
            content, packed = wire(path)
            self.send_response(200)
            self.send_header("Content-Type", self.guess_type(str(path)))
            self.send_header("Content-Length", str(len(content)))
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)

    @functools.cache  # compressing is not what is measured
    def wire(path: Path) -> tuple[bytes, bool]:
        packed = path.suffix in TEXT
        return gzip.compress(path.read_bytes(), 6) if packed else path.read_bytes(), packed

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
