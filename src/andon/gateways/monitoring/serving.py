"""`GET /metrics` on an address of its own (ANDON_METRICS_BIND), in a process of its own that holds no key.

One request at a time, no log, nothing else at any other address. Never reachable through the proxy.
"""

import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import FrameType

from andon.gateways.cli import serve
from andon.gateways.cli.django_side import with_django
from andon.gateways.cli.refusal import Refusal

TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Answering(BaseHTTPRequestHandler):
    # Also of somebody who connects and says nothing.
    timeout = 5

    def do_GET(self) -> None:
        from django.db import close_old_connections

        from andon.gateways.monitoring import figures

        close_old_connections()
        body = figures.page() if self.path == "/metrics" else b""
        close_old_connections()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def version_string(self) -> str:
        return "andon"


class Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever broke off has gone, and the next look tells whether something is wrong here."""


def main() -> int:
    host, port = serve.address("ANDON_METRICS_BIND", os.environ.get("ANDON_METRICS_BIND", ""))

    def stop(signum: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    def run() -> None:
        Server.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        signal.signal(signal.SIGTERM, stop)
        with Server((host, port), Answering) as server:
            server.serve_forever()

    return with_django(run)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refusal as refusal:
        sys.exit(str(refusal))
