"""`cordon console`: results from the queue to the REST interface, tokens, and what happens when something is away.

Where no bucket is protected the results queue is made here, and results are sent into it as agents send them.
"""
import contextlib
import json
import re
import sqlite3
import urllib.error
import urllib.parse
import urllib.request

import pytest
from harness import samples
from harness.system import VISIBILITY_SECONDS, eventually

pytestmark = pytest.mark.only_on("devcloud", reason="the console speaks to one queue, once is enough")
READY_SECONDS = 20


class Console:
    """A `cordon console` process on a database of its own."""

    def __init__(self, system, number=1):
        self.system, self.number = system, number
        self.path = system.folder / "console.db"
        self.database = f"sqlite:{self.path}"
        self.process = self.url = None
        self.environment = {}

    def start(self):
        log = self.system.folder / "console---listen.log"
        before = log.read_text() if log.exists() else ""
        self.process = self.system.launch("console", "--listen", "127.0.0.1:0", "--database", self.database, **self.environment)

        def address():
            assert self.process.poll() is None, log.read_text()
            return re.search(r"^console: (http://\S+)$", log.read_text()[len(before):], re.M)
        self.url = eventually(address, READY_SECONDS, what="the console's address")[1]
        return self

    def token(self, name, *more):
        done = self.system.run("console", "token", "new", name, "--database", self.database, *more)
        assert done.code == 0, done
        assert re.fullmatch(r"cordon_[\w-]{43}\n", done.out) and done.out.strip() not in done.err
        return done.out.strip()

    def get(self, path, token=None, **query):
        return self.ask(path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else ""), token)

    def ask(self, target, token=None, body=None):
        """With a body: POST."""
        request = urllib.request.Request(
            self.url + target, headers={"Authorization": f"Bearer {token}"} if token else {},
            data=None if body is None else json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()

    def items(self, path, token, **query):
        status, text = self.get(path, token, **query)
        assert status == 200, text
        return json.loads(text)["items"]


def make_queues(system):
    """The queue and its dead letters, as `cordon bucket protect` makes them, with claims that end soon."""
    dead, queue = (system.sqs.create_queue(QueueName=f"cordon-results-{name}{system.deployment}")["QueueUrl"]
                   for name in ("dead-", ""))
    arn = system.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    system.sqs.set_queue_attributes(QueueUrl=queue, Attributes={
        "VisibilityTimeout": str(VISIBILITY_SECONDS),
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})})
    return dead, queue


@pytest.fixture
def queues(system):
    return make_queues(system)


@pytest.fixture
def console(system, queues):
    return Console(system).start()


def waiting(system, url):
    attributes = system.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def result(number, **changes):
    """A document of the format, of an infected object."""
    return {"schema": "cordon.scan-result/1", "id": f"01JD{number:022}", "deployment": "main", "account": None,
            "region": None, "agent": "i-1/1", "source": "s3-event", "bucket": "uploads", "key": f"k{number}",
            "versionId": None, "eTag": None, "size": 5, "sequencer": None, "eventTime": None,
            "scannedAt": "2026-11-30T12:00:00.000Z", "result": "Infected", "reason": None, "message": None,
            "virusNames": ["Win.Test"], "skipped": False, "sha256": "ab" * 32, "engine": None, "signatures": None,
            "bytesScanned": 5, "millis": {"queued": 0, "fetch": 0, "scan": 0, "act": 0}, "uploadedBy": None,
            "attempt": 1, "tagging": "done", "actions": []} | changes


def test_an_infected_object_is_a_problem_that_a_bearer_sees(system, bucket, agent, queues, console):
    token = console.token("ci")
    system.s3.put_object(Bucket=bucket, Key="in/ü 1.com", Body=samples.eicar())
    line = system.await_results(bucket, "in/ü 1.com")[0]

    system.sqs.send_message(QueueUrl=queues[1], MessageBody=json.dumps(line))
    problem = eventually(lambda: console.items("/api/v1/problems", token, state="open"), 10, what="the problem")[0]

    assert (problem["verdict"], problem["objects"], problem["sha256"]) == ("Infected", "1", line["sha256"])
    assert problem["example"] == {"bucket": bucket, "key": "in/ü 1.com", "versionId": "null"}
    where = console.items(f"/api/v1/problems/{problem['id']}/occurrences", token)
    assert where == [line]
    assert json.loads(console.get(f"/api/v1/results/{line['id']}", token)[1]) == line
    assert console.items("/api/v1/results", token, bucket=bucket, prefix="in/ü") == [line]
    assert console.items("/api/v1/results", token, bucket=bucket, prefix="in/%") == []
    [total] = console.items("/api/v1/rollups", token, bucket=bucket)
    assert (total["verdict"], total["results"]) == ("Infected", "1")
    eventually(lambda: waiting(system, queues[1]) == 0, 10, what="an empty queue")
    assert console.get("/readyz")[0] == 200


def test_agents_say_how_they_are(system, bucket, console):
    token = console.token("ci")
    agent = system.start_agent()

    [seen] = eventually(lambda: console.items("/api/v1/agents", token), 60, what="the agent's report")

    assert seen["state"] == "reporting"
    assert (seen["report"]["region"], seen["report"]["account"]) == (system.region, system.account)
    assert seen["report"]["agent"] in agent.log() and seen["report"]["slots"] == 8


def test_a_problem_is_handled_until_another_object_has_it(system, queues, console):
    viewer, acting = console.token("ci"), console.token("night", "--role", "operator")
    system.sqs.send_message(QueueUrl=queues[1], MessageBody=json.dumps(result(1)))
    [problem] = eventually(lambda: console.items("/api/v1/problems", viewer), 10, what="the problem")
    handle = f"/api/v1/problems/{problem['id']}/handle"

    assert console.ask(handle, viewer, {"why": "a test file"})[0] == 403
    status, text = console.ask(handle, acting, {"why": "a test file"})

    assert status == 200 and json.loads(text)["state"] == "handled"
    assert console.items("/api/v1/problems", viewer, state="open") == []
    assert json.loads(console.get(f"/api/v1/problems/{problem['id']}", viewer)[1])["handled"]["by"] == "night"
    system.sqs.send_message(QueueUrl=queues[1], MessageBody=json.dumps(result(2)))
    eventually(lambda: console.items("/api/v1/problems", viewer, state="open"), 10, what="the problem, open again")


def test_tokens_begin_and_end(system, console):
    token = console.token("ci")
    assert console.get("/api/v1/problems")[0] == 401
    assert console.get("/api/v1/problems", token)[0] == 200
    assert console.get("/api/v1/problems", token[:-1] + ("A" if token[-1] != "A" else "B"))[0] == 401

    again = system.run("console", "token", "new", "ci", "--database", console.database)
    assert again.code == 4 and "revoke it first" in again.err and again.out == ""
    listed = system.run("console", "token", "list", "--database", console.database, "--json").json_lines()
    assert [(one["name"], one["role"], one["state"]) for one in listed] == [("ci", "viewer", "in force")]
    assert token not in json.dumps(listed)
    with contextlib.closing(sqlite3.connect(console.path)) as database:
        assert all(token.encode() not in bytes(str(row), "utf-8") for row in database.execute("SELECT * FROM tokens"))

    assert system.run("console", "token", "revoke", "ci", "--database", console.database).code == 0
    assert console.get("/api/v1/problems", token)[0] == 401
    assert system.run("console", "token", "revoke", "ci", "--database", console.database).code == 5


def test_what_is_no_result_goes_to_the_dead_letters(system, queues, console):
    token = console.token("ci")
    for body in ("hello", json.dumps(result(1, result="Clean")), json.dumps(result(2, bucket=None))):
        system.sqs.send_message(QueueUrl=queues[1], MessageBody=body)
    system.sqs.send_message(QueueUrl=queues[1], MessageBody=json.dumps(result(3)))

    eventually(lambda: len(console.items("/api/v1/results", token)) == 1, 10, what="the one result")
    eventually(lambda: waiting(system, queues[0]) == 3, 10, what="three dead letters")
    dead = system.sqs.receive_message(QueueUrl=queues[0], MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    for message in dead["Messages"]:
        assert message["MessageAttributes"]["cordon-reason"]["StringValue"].startswith("not understood: ")
    assert "cordon_console_refused_total 3" in console.get("/metrics")[1]


def test_a_locked_database_and_a_killed_console_lose_nothing(system, queues, console):
    token = console.token("ci")
    with contextlib.closing(sqlite3.connect(console.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(30):
            system.sqs.send_message(QueueUrl=queues[1], MessageBody=json.dumps(result(number)))
        eventually(lambda: waiting(system, queues[1]) == 30, 5, what="all messages in the queue")
        assert console.get("/api/v1/results", token)[0] == 200   # Who reads does not wait.
        console.process.kill()
        console.process.wait()
        other.execute("ROLLBACK")

    console.start()

    eventually(lambda: len(console.items("/api/v1/results", token)) == 30, 30, what="every result")
    eventually(lambda: waiting(system, queues[1]) == 0, 30, what="an empty queue")
    assert waiting(system, queues[0]) == 0
    [problem] = console.items("/api/v1/problems", token)
    assert problem["objects"] == "30"


def test_a_console_waits_for_its_queue_and_ends_when_it_is_told_to(system):
    console = Console(system).start()
    assert console.get("/healthz")[0] == 200
    assert console.get("/readyz")[0] == 503

    _, url = make_queues(system)
    system.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(result(1)))
    token = console.token("ci")

    eventually(lambda: console.items("/api/v1/results", token), 30, what="the result")
    console.process.terminate()
    assert console.process.wait(30) == 0


def test_wrong_flags_are_said(system):
    for arguments, words in ((("--database", "mysql://h/d"), "sqlite:PATH"), ((), "sqlite:PATH"),
                             (("--database", "sqlite::memory:", "--keep", "1d"), "--keep"),
                             (("--database", "sqlite::memory:", "--listen", "nowhere"), "nowhere")):
        done = system.run("console", *arguments)
        assert done.code == 2 and words in done.err, done
    done = system.run("console", "token", "new", "a b", "--database", "sqlite::memory:")
    assert done.code == 4 and "letters" in done.err
