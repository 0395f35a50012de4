"""An agent that stores post their events to, and who posts."""
import http.client
import json
import secrets
import socket
from urllib.parse import quote_plus


class PushedAgent:
    """Where an agent with --http-events listens and keeps what it took: the same for one agent after the other."""

    def __init__(self, system, name="push"):
        self.system, self.token = system, secrets.token_hex(16)
        self.token_file = system.folder / f"{name}-tokens"
        self.token_file.write_text(self.token + "\n")
        self.token_file.chmod(0o600)
        self.journal = system.folder / f"{name}-journal"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def arguments(self, to="local"):
        where = ["--http-events-journal", self.journal] if to == "local" else []
        return ["--http-events", f"127.0.0.1:{self.port}", "--http-events-token-file", self.token_file,
                "--http-events-to", to, *where]

    def launch(self, *more, to="local", **options):
        return self.system.launch_agent(*self.arguments(to), *more, CORDON_ACCOUNT=self.system.account, **options)

    def start(self, *more, **options):
        return self.launch(*more, **options).await_ready()

    def run(self, *arguments):
        return self.system.run(*arguments, CORDON_ACCOUNT=self.system.account)

    def protect(self, *buckets):
        done = self.run("bucket", "protect", "--push", *buckets)
        assert done.code == 0, done

    def dead(self):
        done = self.run("dead", "list", "--json", "--journal", self.journal)
        assert done.code == 0, done
        return done.json_lines()

    def post(self, body, path="/events", **headers):
        """The status and the text of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body if isinstance(body, (str, bytes)) else json.dumps(body),
                               {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def announce(self, bucket, key):
        """As MinIO does, with its auth_token."""
        status, text = self.post(minio_event(bucket, key), Authorization=f"Bearer {self.token}")
        assert status == 200, text


def minio_event(bucket, key):
    record = {"eventVersion": "2.0", "eventSource": "minio:s3", "awsRegion": "", "eventTime": "2026-01-02T03:04:05.678Z",
              "eventName": "s3:ObjectCreated:Put", "userIdentity": {"principalId": "someone"},
              "requestParameters": {"principalId": "someone", "region": "", "sourceIPAddress": "127.0.0.1"},
              "responseElements": {"x-amz-request-id": "16", "x-minio-origin-endpoint": "http://127.0.0.1:9000"},
              "s3": {"s3SchemaVersion": "1.0", "configurationId": "Config", "bucket": {
                  "name": bucket, "ownerIdentity": {"principalId": "someone"}, "arn": f"arn:aws:s3:::{bucket}"},
                     "object": {"key": quote_plus(key), "size": 1, "contentType": "text/plain", "sequencer": "15D"}},
              "source": {"host": "127.0.0.1", "port": "", "userAgent": "MinIO"}}
    return {"EventName": "s3:ObjectCreated:Put", "Key": f"{bucket}/{key}", "Records": [record]}


class PostedConsole:
    """A console that nobody's queue leads to; its address is known before it runs."""

    def __init__(self, system):
        self.system, self.database = system, f"sqlite:{system.folder / 'posted-console.db'}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.reader, agents = self.token("reader", "viewer"), self.token("agents", "operator")
        self.token_file = system.folder / "console-token"
        self.token_file.write_text(agents)
        self.token_file.chmod(0o600)

    def token(self, name, role):
        done = self.system.run("console", "token", "new", name, "--role", role, "--database", self.database)
        assert done.code == 0, done
        return done.out.strip()

    def arguments(self):
        return ["--console-url", f"http://127.0.0.1:{self.port}", "--console-token-file", self.token_file]

    def start(self):
        return self.system.launch("console", "--listen", f"127.0.0.1:{self.port}", "--database", self.database,
                                  "--without-queue", CORDON_ACCOUNT=self.system.account)

    def ask(self, path):
        """The status and what the answer lists; (0, []) when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.reader}"})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text)["items"] if path.startswith("/api/") and answer.status == 200 else []
        except OSError:
            return 0, []
        finally:
            connection.close()
