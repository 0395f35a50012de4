"""What stands between an agent and its cloud, and now and then is all that the agent sees."""
import contextlib
import http.client
import http.server
import threading
import urllib.parse

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
PAGE = b"<!DOCTYPE html><html><body>Please sign in to use this network.</body></html>"


class Between:
    """A relay to `endpoint` on a port of its own. `mode` says what becomes of a request:

    pass      it is relayed
    page-N    something else answers with status N and a page
    bare-N    the same without a word
    silent    nobody answers until the mode changes
    closed    the connection ends without an answer
    cut       the answer ends in its middle
    swallow   the request is carried out, and its answer is lost
    """

    def __init__(self, endpoint):
        self.upstream = urllib.parse.urlsplit(endpoint)
        self.changed = threading.Condition()
        self._mode = "pass"
        self.seen = {}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        with self.changed:
            self._mode = mode
            self.changed.notify_all()

    def stop(self):
        self.mode = "pass"
        self.server.shutdown()
        self.server.server_close()

    def _relayed(self, request, body):
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer, answer.read()

    def _handler(between):  # noqa: N805: `self` is the request's
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, headers, body, cut=False):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if status not in (204, 304) and not any(name.lower() == "content-length" for name, _ in headers):
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body[:len(body) // 2] if cut else body)
                self.close_connection = self.close_connection or cut

            def act(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                mode = between.mode
                between.seen[mode] = between.seen.get(mode, 0) + 1
                kind, _, status = mode.partition("-")
                if kind == "page":
                    self.answer(int(status), [("Content-Type", "text/html")], PAGE)
                elif kind == "bare":
                    self.answer(int(status), [], b"")
                elif kind == "silent":
                    with between.changed:
                        between.changed.wait_for(lambda: between.mode != mode, 60)
                    self.close_connection = True
                elif kind == "closed":
                    self.close_connection = True
                else:
                    answer, content = between._relayed(self, body)
                    headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
                    if self.command == "HEAD" and answer.getheader("Content-Length"):
                        headers.append(("Content-Length", answer.getheader("Content-Length")))
                    if kind == "swallow":
                        self.close_connection = True
                    else:
                        self.answer(answer.status, headers, content, cut=kind == "cut" and len(content) > 1)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = act
        return Handler
