"""Hands out credentials as the endpoint of a container does."""
import collections
import contextlib
import datetime
import http.server
import json
import threading


class Issuer:
    """`mode`: "new" (others each time), "away" (no answer), "old" (those of last time, which have expired).

    `/short` gives credentials for seconds, `/long` for hours. `issue()` returns a boto3-like dict of keys. Threads: any.
    """
    SECONDS = {"/short": 20, "/long": 6 * 3600}

    def __init__(self, issue):
        self.issue, self.mode, self.asked = issue, "new", collections.Counter()
        self._last = {}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="issuer", daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _document(self, path):
        old = self.mode == "old"
        keys = self._last[path] = self._last[path] if old and path in self._last else self.issue()
        seconds = -60 if old else self.SECONDS[path]
        expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return {"AccessKeyId": keys["AccessKeyId"], "SecretAccessKey": keys["SecretAccessKey"], "Token": keys["SessionToken"],
                "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def _handler(issuer):  # noqa: N805: `self` is the request's
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                issuer.asked[issuer.mode] += 1
                if issuer.mode == "away":
                    return
                body = json.dumps(issuer._document(self.path)).encode()
                with contextlib.suppress(OSError):   # Who asks waits two seconds.
                    self.send_response_only(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
        return Handler
