"""HTTP: a request comes in, is answered by its route, or goes wrong as a test has ordered."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from hub_server.exchange import CHUNK_BYTES, Answer, Body, Call, RefusalError
from hub_server.faults import Fault
from hub_server.log import Entry, Request
from hub_server.routes import ON_SECOND_HOST, ROUTES

if TYPE_CHECKING:
    from hub_server import LoopbackHub


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits for the headers to be acknowledged: 40 ms
    server: Server

    def do_GET(self) -> None:
        hub = self.server.hub
        raw, _, query = self.path.partition("?")
        if not raw.startswith("/"):  # we are asked as a proxy: "http://host/path", or "host:443"
            raw = "//" + raw.removeprefix("http://")
        elif self.server is hub.servers[0]:
            raw = raw.removeprefix(hub.ways.below) if raw.startswith(hub.ways.below) else f"/{raw}"
        body = Body(self.rfile, int(self.headers.get("Content-Length") or 0))
        entry = Entry(hub.requests, Request(self.command, unquote(raw), 0, None, 0))
        fault = hub.orders.next_fault(f"{self.command} {unquote(raw)}")
        try:
            answer = self._answer(raw, query, body, fault)
            # Logged before the client can see it: a test reads the log when its client is done.
            entry.note(status=answer.status, range=answer.range, bytes_received=body.received)
            self._send(answer, entry, fault.cut_after if fault else None)
        except ConnectionError:  # the client went away, or was sent away
            self.close_connection = True
            if entry.at is None:
                entry.note(bytes_received=body.received)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_CONNECT = do_GET  # noqa: N815 - http.server's names

    def _answer(self, raw: str, query: str, body: Body, fault: Fault | None) -> Answer:
        """What is right, or what was ordered; no answer at all is a `ConnectionError`."""
        name = f"{self.command} {unquote(raw)}"
        if fault:
            self.server.hub.stopping.wait(fault.delay_seconds)
            if fault.cut_upload_after is not None:
                body.skip(at_most=fault.cut_upload_after)
                raise ConnectionAbortedError("cut within the request, as ordered")
        self._run_hooks("before", name)
        if fault and fault.status is not None:
            answer = Answer(fault.status, fault.body)
        else:
            answer = self._right_answer(raw, query, body)
            self._run_hooks("after", name)
        body.skip()  # what a route has left would be taken for the next request
        if fault and fault.lose_answer:
            raise ConnectionAbortedError("the answer is lost, as ordered")
        return spoiled(answer, fault)

    def _run_hooks(self, moment: str, request: str) -> None:
        try:
            self.server.hub.orders.run_hooks(moment, request)
        except Exception as error:
            self.server.hub.errors.append(error)
            raise ConnectionAbortedError("an action that a test ordered has failed") from error

    def _right_answer(self, raw: str, query: str, body: Body) -> Answer:
        hub = self.server.hub
        for methods, pattern, respond in ROUTES:
            match = re.fullmatch(pattern, raw)
            on_its_host = pattern.startswith(ON_SECOND_HOST) == (self.server is hub.servers[1])
            if match and on_its_host and self.command in methods.split():
                groups = {key: unquote(value) for key, value in match.groupdict().items() if value}
                token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
                asked = self.headers.get("Range", "")
                try:
                    return respond(Call(hub, raw, groups, parse_qs(query), body, token, asked))
                except RefusalError as refusal:
                    return refusal.answer
        return Answer(404, b'{"error": "This hub has no such page"}')

    def _send(self, answer: Answer, entry: Entry, cut_after: int | None) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = b"" if self.command == "HEAD" else answer.body[:cut_after]
        for start in range(0, len(body), CHUNK_BYTES):
            chunk = body[start : start + CHUNK_BYTES]
            entry.note(bytes_sent=start + len(chunk))
            self.wfile.write(chunk)
        self.close_connection |= cut_after is not None


def spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """The answer with the headers that were ordered, and a byte in its middle flipped if so."""
    if fault is None:
        return answer
    body = bytearray(answer.body)
    if fault.corrupt and body:
        body[len(body) // 2] ^= 0xFF
    return replace(answer, body=bytes(body), headers={**answer.headers, **fault.headers})


class Server(ThreadingHTTPServer):
    """One of the hub's two hosts, with a thread for each connection."""

    daemon_threads = False  # so that `server_close` waits for them: none outlives the hub
    request_queue_size = 128

    def __init__(self, hub: LoopbackHub, host: str, port: int) -> None:
        self.hub = hub
        self.connections: set[socket.socket] = set()
        super().__init__((host, port), Handler)
        self.url = f"http://{host}:{self.server_port}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), name=self.url)

    def server_bind(self) -> None:
        # HTTPServer's own looks our name up, which takes the network and maybe seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "loopback", self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.hub.errors.append(error)

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        for connection in tuple(self.connections):
            # Wakes the thread that waits for this connection's next request.
            with contextlib.suppress(OSError):  # the client has closed it meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
