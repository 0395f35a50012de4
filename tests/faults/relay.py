"""A relay with TLS between agents and their cloud. What it does with connections and requests is decided by the faults that are in
force; without one it passes everything on."""
import contextlib
import dataclasses
import http.client
import http.server
import json
import re
import select
import socket
import ssl
import struct
import threading
import urllib.parse

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
SCOPE = re.compile(r"Credential=([^/,]+)/\d+/[^/]+/([^/]+)/aws4_request")
PAGE = b"<!DOCTYPE html><html><body>Please sign in to use this network.</body></html>"
SKEWED = b"The difference between the request time and the current time is too large."
UPSTREAM_SECONDS, LOOK_SECONDS, FULL_SECONDS, BACKLOG = 60, 0.2, 0.3, 128


@dataclasses.dataclass(frozen=True)
class Request:
    """What a fault is shown of a request before anything becomes of it."""
    method: str
    path: str
    service: str      # as its signature says: s3, sqs, sns, logs, events, sts; "" when it has none
    key_id: str

    @property
    def reads_an_object(self):
        """Not a listing, tags or settings of a bucket."""
        path, _, query = self.path.partition("?")
        return self.service == "s3" and self.method == "GET" and path.count("/") > 1 and query.partition("=")[0] in ("", "versionId")


class Relay:
    """Listens on a port of its own, on loopback. A fault adds itself to `faults` and is asked in turn:

    face(connection)   what the relay shows of itself when a connection begins: the name of a context, PLAIN (no TLS), a callable
                       that keeps the connection to itself, or None (not concerned)
    becomes(request)   a function that answers it with an `Exchange` in place of the cloud, or None

    Threads: faults come and go from any; they are asked on a thread of each connection.
    """
    PLAIN = "plain"

    def __init__(self, endpoint, contexts):
        self.upstream = urllib.parse.urlsplit(endpoint)
        self.contexts = contexts
        self.faults = []
        self.sessions_refused = 0
        self._keys_seen, self._keys_over = set(), set()
        self._lock, self._connections, self._stopped = threading.Lock(), set(), threading.Event()
        self._listener = self._listening(0)
        self.port = self._listener.getsockname()[1]
        self._accepting = True
        self._fillers = []
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    # ---- what faults may do to it ----

    def connections(self):
        with self._lock:
            return set(self._connections)

    def drop_connections(self):
        """As a router does that forgets them: with a reset."""
        for connection in self.connections():
            connection.reset()

    def end_silence(self):
        """Connections on which nobody answers are reset: who comes back does not know them. Not those that are dead for good."""
        for connection in self.connections():
            if connection.is_held and not connection.killer:
                connection.reset()

    def end_sessions(self):
        """Credentials that were in use until now have expired, and stay so."""
        with self._lock:
            self._keys_over |= self._keys_seen

    def close(self):
        """From now on nobody listens; what is open ends."""
        with self._lock:
            self._listener.shutdown(socket.SHUT_RDWR)   # At once, although another thread waits for it.
            self._listener.close()
            self._listener = None
        self.drop_connections()

    def open(self):
        with self._lock:
            self._listener = self._listening(self.port)

    def clog(self):
        """Listens, accepts nothing, and its queue is full: a connection is never refused and never made."""
        with self._lock:
            self._accepting = False
            self._listener.listen(0)
        while (filler := self._connected()) is not None:
            self._fillers.append(filler)
        self.drop_connections()

    def _connected(self):
        """None: there is no room in the queue."""
        filler = socket.socket()
        filler.settimeout(FULL_SECONDS)
        try:
            filler.connect(("127.0.0.1", self.port))
        except TimeoutError:
            filler.close()
            return None
        return filler

    def unclog(self):
        for filler in self._fillers:
            filler.close()
        self._fillers = []
        with self._lock:
            self._listener.listen(BACKLOG)
            self._accepting = True

    def stop(self):
        self._stopped.set()
        with self._lock:
            if self._listener:
                self._listener.close()
                self._listener = None
        self.drop_connections()

    # ---- connections ----

    @staticmethod
    def _listening(port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
        return listener

    def _accept(self):
        while not self._stopped.is_set():
            with self._lock:
                listener = self._listener if self._accepting else None
            if listener is None:
                self._stopped.wait(LOOK_SECONDS / 10)
                continue
            try:
                select.select([listener], [], [], LOOK_SECONDS)
                with self._lock:
                    if not self._accepting or listener is not self._listener:
                        continue
                    accepted, _ = listener.accept()
            except (OSError, ValueError):
                continue   # Nobody came, or it was closed meanwhile.
            accepted.setblocking(True)
            threading.Thread(target=self._serve, args=(accepted,), name="relayed", daemon=True).start()

    def _serve(self, accepted):
        connection = Connection(accepted)
        with self._lock:
            self._connections.add(connection)
        try:
            face = self._first(lambda fault: fault.face(connection)) or "cloud"
            if callable(face):
                face(connection)
                return
            if face != self.PLAIN:
                connection.socket = self.contexts[face].wrap_socket(accepted, server_side=True)
            Exchange(connection, self)
        except (OSError, ValueError):
            pass   # The other side went away, or a fault closed it.
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _first(self, ask):
        for fault in tuple(self.faults):
            answer = ask(fault)
            if answer is not None:
                return answer
        return None

    def becomes(self, request):
        with self._lock:
            self._keys_seen.add(request.key_id)
            if request.key_id in self._keys_over:
                self.sessions_refused += 1
                return EXPIRED
        return self._first(lambda fault: fault.becomes(request))


class Connection:
    """One that an agent opened. `killer`: the fault since which nobody answers on it, and nobody says so."""

    def __init__(self, accepted):
        self.socket, self.killer, self.is_held = accepted, None, False

    def reset(self):
        with contextlib.suppress(OSError):
            # Of the plain socket: TLS must not say goodbye, and another thread is reading.
            socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()

    def hold(self):
        """Takes whatever comes, and answers nothing until it is closed."""
        self.is_held = True
        with contextlib.suppress(OSError, ValueError):
            while self.socket.recv(65536):
                pass


class Exchange(http.server.BaseHTTPRequestHandler):
    """The requests of one connection, one after another."""
    protocol_version = "HTTP/1.1"

    def __init__(self, connection, relay):
        self.link, self.relay = connection, relay
        super().__init__(connection.socket, ("127.0.0.1", 0), relay)

    def log_message(self, *_):
        pass

    def act(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.link.killer:
            self.link.killer.meet()
            silence(self)
            return
        signed = SCOPE.search(self.headers.get("Authorization", ""))
        key_id, service = signed.groups() if signed else ("", "")
        self.service, self.body = service, body
        instead = self.relay.becomes(Request(self.command, self.path, service, key_id))
        if instead is not None:
            instead(self)
            return
        answer = self.ask_cloud()
        if self.link.killer:   # Since the request came.
            silence(self)
            return
        self.pass_on(*answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = act

    def ask_cloud(self):
        """Status, headers and body of the cloud's answer."""
        upstream = self.relay.upstream
        with contextlib.closing(http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=UPSTREAM_SECONDS)) as cloud:
            cloud.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                cloud.putheader(name, value)
            cloud.endheaders(self.body)
            answer = cloud.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            if self.command == "HEAD" and answer.getheader("Content-Length"):
                headers.append(("Content-Length", answer.getheader("Content-Length")))
            return answer.status, headers, self._as_aws_says_it(answer.status, answer.read())

    def _as_aws_says_it(self, status, body):
        """The stand-in tells of a clock that is off in S3's words, whatever the service."""
        if self.service == "s3" or status not in (400, 403):
            return body
        return body.replace(SKEWED, f"Signature expired: {self.headers.get('X-Amz-Date')} is not of this time".encode())

    def pass_on(self, status, headers, body, is_cut=False):
        self.send_response_only(status)
        # AWS dates every answer, the stand-in not all.
        if not any(name.lower() == "date" for name, _ in headers):
            self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        if status not in (204, 304) and not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:len(body) // 2] if is_cut else body)
        self.close_connection = self.close_connection or is_cut


# ---- what may become of a request in place of the cloud's answer ----

def silence(exchange):
    """Until the connection is closed."""
    exchange.link.hold()
    exchange.close_connection = True


def close(exchange):
    exchange.close_connection = True


def swallow(exchange):
    """It is carried out, and its answer is lost."""
    exchange.ask_cloud()
    exchange.close_connection = True


def cut(exchange):
    status, headers, body = exchange.ask_cloud()
    exchange.pass_on(status, headers, body, is_cut=len(body) > 1)


def page(status):
    """Something else answers, with a page."""
    return lambda exchange: exchange.pass_on(status, [("Content-Type", "text/html")], PAGE)


def bare(status):
    return lambda exchange: exchange.pass_on(status, [], b"")


def error(status, code, of_query=None, of_json=None):
    """The service itself answers with an error, in its own form; `of_query`, `of_json`: status and code of services with these protocols,
    where they say it otherwise than S3."""
    def answer(exchange):
        said = "away for a test"
        if exchange.service == "s3":
            form, (how, what) = "application/xml", (status, code)
            body = f"<Error><Code>{what}</Code><Message>{said}</Message><RequestId>R1</RequestId></Error>"
        elif exchange.service in ("sns", "sts"):
            form, (how, what) = "text/xml", of_query or (status, code)
            body = (f"<ErrorResponse><Error><Type>Sender</Type><Code>{what}</Code><Message>{said}</Message></Error>"
                    "<RequestId>R1</RequestId></ErrorResponse>")
        else:
            form, (how, what) = "application/x-amz-json-1.0", of_json or (status, code)
            body = json.dumps({"__type": what, "message": said})
        exchange.pass_on(how, [("Content-Type", form), ("x-amz-request-id", "R1"), ("x-amzn-RequestId", "R1")], body.encode())
    return answer


EXPIRED = error(400, "ExpiredToken", of_query=(403, "ExpiredToken"), of_json=(400, "ExpiredTokenException"))
KEYS_UNKNOWN = error(403, "InvalidAccessKeyId", of_query=(403, "InvalidClientTokenId"), of_json=(400, "UnrecognizedClientException"))


# ---- what it shows of itself ----

def server_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
