"""What people ask the deployment to do by the console's REST interface, through to the agents."""
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest
from harness import contract, samples
from harness.people import Person
from harness.system import eventually
from test_console import Console

pytestmark = pytest.mark.only_on("devcloud", reason="the console speaks to one deployment, once is enough")


class Desk:
    """Somebody at a console, with a token of a role."""

    def __init__(self, console, role="admin"):
        self.console, self.token = console, console.token(f"{role}-{uuid.uuid4().hex[:6]}", "--role", role)

    def ask(self, method, path, body=None, **headers):
        """Status, headers and document, which is as the contract says. A body is JSON unless it is text."""
        status, answered, document = self.send(method, path, body, headers)
        if isinstance(document, dict):   # Or it was refused before anybody looked at it.
            contract.check(method, "/api/v1/" + path.partition("?")[0], status, document)
        return status, answered, document

    def send(self, method, path, body, headers):
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.console.url + "/api/v1/" + path, method=method, data=data,
            headers={"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): text for name, text in headers.items()})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return answer.status, answer.headers, json.loads(answer.read())
        except urllib.error.HTTPError as problem:
            text = problem.read().decode()
            return problem.code, problem.headers, json.loads(text) if text.startswith("{") else text

    def get(self, path, **query):
        status, _, document = self.ask("GET", path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else ""))
        assert status == 200, document
        return document

    def post(self, path, body=None, **headers):
        status, _, document = self.ask("POST", path, {} if body is None else body, **headers)
        assert status in (200, 202), document
        return document


@pytest.fixture
def console(system):
    return Console(system).start()


@pytest.fixture
def desk(console):
    return Desk(console)


def steps(report):
    return {(step["what"], step["state"]) for step in report["steps"]}


def test_a_bucket_is_protected_and_an_object_comes_back_from_quarantine(system, desk, console):
    bucket = system.new_bucket(versioned=True)
    preview = desk.post(f"buckets/{bucket}/protect/preview")
    assert preview["dryRun"] and preview["protected"] and ("topic", "created") in steps(preview)
    assert preview["command"].startswith(f"cordon bucket protect {bucket} ")
    assert not [one for one in desk.get("buckets")["items"] if one["bucket"] == bucket][0]["protected"]

    done = desk.post(f"buckets/{bucket}/protect", Idempotency_Key="first")
    assert done["protected"] and steps(done) == steps(preview)
    assert desk.post(f"buckets/{bucket}/protect", Idempotency_Key="first") == done
    assert system.run("bucket", "status", bucket).code == 0
    assert [one for one in desk.get("buckets")["items"] if one["bucket"] == bucket][0]["protected"]
    log = (system.folder / "console---listen.log").read_text()
    assert len(re.findall(r'"console.changed".*protect"', log)) == 1 and "protect/preview" not in log

    system.start_agent()
    system.put(bucket, "in/ü 1.com", samples.eicar())
    system.await_quarantine(bucket, "in/ü 1.com")
    [entry] = desk.get("quarantine", bucket=bucket, prefix="in/")["items"]
    assert entry["key"] == "in/ü 1.com" and entry["result"] == "Infected"
    assert Desk(console, "viewer").ask("POST", "quarantine/restore", {"id": entry["id"]})[0] == 403
    problem = desk.ask("POST", "quarantine/restore", {"id": entry["id"]})
    assert problem[0] == 422 and "--allow" in problem[2]["detail"], "an agent would take it away again"
    back = Desk(console, "operator").post("quarantine/restore", {"id": entry["id"], "allow": "once"})
    assert back["restored"]["bucket"] == bucket and back["restored"]["key"] == "in/ü 1.com"
    eventually(lambda: (system.tags(bucket, "in/ü 1.com") or {}).get("scan-result") == "InfectedAllowed", what="the verdict")
    assert desk.get("quarantine", bucket=bucket)["items"] == []
    verdict = desk.get("verdict", bucket=bucket, key="in/ü 1.com", wait="10s")
    assert verdict["result"] == "InfectedAllowed"

    gone = desk.post(f"buckets/{bucket}/unprotect")
    assert not gone["protected"] and system.run("bucket", "status", bucket).code == 5


def test_settings_are_put_over_what_was_seen_and_agents_follow(system, desk):
    bucket = system.protected_bucket()
    agent = system.start_agent()
    document = f'schema = 1\n[[buckets]]\nname = "{bucket}"\non.infected = ["keep"]\n'
    assert desk.ask("GET", "settings")[0] == 404
    assert desk.ask("PUT", "settings", document)[0] == 428
    before = agent.log().count('"settings.in_force"')
    status, headers, change = desk.ask("PUT", "settings", document, If_None_Match="*")
    assert status == 200 and change["changed"], change
    eventually(lambda: agent.log().count('"settings.in_force"') > before, 15, what="the settings in force")
    system.put(bucket, "bad", samples.eicar())
    assert system.await_verdict(bucket, "bad")["scan-result"] == "Infected"
    policy = desk.get("settings/policy", bucket=bucket, key="bad")
    assert policy["scanned"] and policy["policy"]["on"]["infected"] == ["keep"]

    seen = desk.ask("GET", "settings")
    assert seen[1]["ETag"] == headers["ETag"] and seen[2]["settings"]["buckets"][0]["name"] == bucket
    assert desk.ask("PUT", "settings", "schema = 1\n", If_Match='"another"')[0] == 412
    refused = desk.ask("PUT", "settings", "schema = 1\n[defaults]\non.infected = ['burn']\n", If_Match=seen[1]["ETag"])
    assert refused[0] == 422 and refused[2]["problems"][0]["line"] == 3
    assert desk.post("settings/validate", "schema = 2\n")["valid"] is False
    # Longer than any other body.
    long = document + "".join(f"# {number:060}\n" for number in range(2000))
    assert len(long) > 100_000 and desk.ask("PUT", "settings", long, If_Match=seen[1]["ETag"])[0] == 200
    assert desk.ask("PUT", "settings", "#" * (1 << 20) + "\n", If_Match=seen[1]["ETag"])[0] == 400
    assert desk.ask("POST", f"buckets/{bucket}/protect", {"roleArn": "x" * 5000})[0] == 413
    assert desk.ask("PUT", "settings", "schema = 1\n", If_Match=seen[1]["ETag"])[0] == 200
    versions = desk.get("settings/history")["items"]
    assert [one["current"] for one in versions] == [True, False]
    assert desk.get(f"settings/history/{versions[1]['versionId']}")["settings"]["buckets"][0]["name"] == bucket


def test_letters_are_replayed(system, desk, console):
    bucket = system.protected_bucket()
    system.put(bucket, "good", samples.clean())
    system.sqs.purge_queue(QueueUrl=system.queue_url(system.event_queue))
    record = {"Records": [system.s3_record(bucket, "good")]}
    record["Records"][0]["s3"]["object"]["eTag"] = system.head(bucket, "good")["ETag"].strip('"')
    dead = system.queue_url(system.dead_letters)
    for body, reason in ((json.dumps(record), "given up after 5 deliveries: timeout: GetObject: away"), ("x", "not understood: x")):
        system.sqs.send_message(QueueUrl=dead, MessageBody=body, MessageAttributes={
            "cordon-reason": {"DataType": "String", "StringValue": reason}})
    operator = Desk(console, "operator")
    listed = operator.get("letters")
    assert listed["causes"] == {"malformed": 1, "unavailable": 1} and all(one["remedy"] for one in listed["items"])
    [one] = operator.get("letters", cause="unavailable")["items"]
    assert json.loads(operator.get(f"letters/{one['id']}")["body"]) == record

    assert operator.post("letters/replay", {"ids": [one["id"]]}, Idempotency_Key="k")["replayed"] == 1
    console.process.kill()   # Whoever did not hear the answer asks again, also another console.
    console.process.wait()
    console.start()
    assert operator.post("letters/replay", {"ids": [one["id"]]}, Idempotency_Key="k")["replayed"] == 1

    assert system.counts(system.event_queue)["Visible"] == 1, "replayed once"
    system.start_agent()
    assert system.await_verdict(bucket, "good")["scan-result"] == "Clean"
    assert operator.post("letters/drop", {"cause": "malformed"})["dropped"] == 1
    assert operator.get("letters")["items"] == []


def test_a_sweep_finds_what_no_event_told_of(system, desk):
    bucket = system.new_bucket()
    system.put(bucket, "old", samples.clean())
    desk.post(f"buckets/{bucket}/protect")
    assert desk.post("jobs/sweeps", {"bucket": bucket, "graceSeconds": 0})["bucket"] == bucket

    def finished():
        jobs = {job["bucket"]: job for job in desk.get("jobs")["items"]}
        return jobs[bucket]["here"]["state"] != "running" and jobs[bucket]
    job = eventually(finished, 30, what="the end of the sweep")
    assert job["report"]["enqueued"] == 1 and job["state"] == job["here"]["state"] == "finished"
    system.start_agent()
    assert system.await_verdict(bucket, "old")["scan-result"] == "Clean"


def test_how_the_deployment_is(system, desk):
    bucket = system.protected_bucket()

    assert bucket in [one["subject"] for one in desk.get("doctor", bucket=bucket)["items"]]
    assert desk.get("doctor")["healthy"] is True
    regions = {one["region"]: one for one in desk.get("regions")["items"]}
    assert regions[system.region]["resources"] and regions[system.region]["protected"] >= 1
    assert desk.get("signatures/brake")["pending"] is False
    assert desk.get("notifications")["enabled"] is False
    assert desk.get("gateways")["next"] is None
    assert desk.ask("GET", "letters/none")[0] == 404


def test_a_console_that_may_not_says_what_it_lacks(system):
    bucket = system.protected_bucket()
    policies = [line["policy"] for line in system.run("iam", "console", "--json").json_lines()]
    person = Person(system, policy=policies[0] | {"Statement": [one for policy in policies for one in policy["Statement"]]})
    console = Console(system)
    console.environment = person.keys
    desk = Desk(console.start())

    assert desk.get(f"buckets/{bucket}")["protected"]
    assert desk.get("quarantine")["unseen"] == []
    status, _, problem = desk.ask("POST", f"buckets/{system.new_bucket()}/protect", {})
    assert status == 403 and "cordon iam console" in problem["detail"], problem
    status, _, problem = desk.ask("POST", "letters/replay", {"all": True})
    assert status == 403 and "sqs:" in problem["detail"], problem
    assert desk.ask("GET", "problems")[0] == 200


def test_with_every_flag_the_printed_policy_is_enough(system):
    bucket, other = system.protected_bucket(versioned=True), system.new_bucket(versioned=True)
    flags = ("--protect", "--sweep", "--dead", "--brake", "--gateway", "--regions", "--doctor")
    done = system.run("iam", "console", "--bucket", bucket, "--bucket", other, *flags, "--json")
    policies = [line["policy"] for line in done.json_lines()]
    person = Person(system, policy=policies[0] | {"Statement": [one for policy in policies for one in policy["Statement"]]})
    console = Console(system)
    console.environment = person.keys
    desk = Desk(console.start())

    assert desk.post(f"buckets/{other}/protect")["protected"]
    role = f"arn:aws:iam::{system.account}:role/agent"
    assert desk.post(f"buckets/{other}/gate", {"allowRoles": [role]})["state"] == "created"
    assert desk.post(f"buckets/{other}/gate", {"remove": True})["state"] == "removed"
    system.send_event("nonsense")
    agent = system.start_agent()
    eventually(lambda: system.counts(system.dead_letters)["Visible"] == 1, what="a dead letter")
    agent.terminate()
    assert desk.post("letters/replay", {"all": True})["replayed"] == 1
    assert desk.post("jobs/sweeps", {"bucket": other, "graceSeconds": 0})
    eventually(lambda: {job["bucket"]: job["state"] for job in desk.get("jobs")["items"]}[other] == "finished", 30, what="the sweep")
    assert desk.get("signatures/brake")["pending"] is False
    assert desk.get("doctor", bucket=other)["healthy"]
    # The account is shared with other tests, whose file shares it has as well.
    assert not [share for share in desk.get("gateways")["items"] if share["bucket"] in (bucket, other)]
    assert system.region in [one["region"] for one in desk.get("regions")["items"]]
    assert not desk.post(f"buckets/{other}/unprotect")["protected"]


def test_findings_are_answered_while_the_cloud_is_away(system):
    console = Console(system)
    console.environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    desk = Desk(console.start())

    assert desk.get("problems")["items"] == []
    status, headers, problem = desk.ask("GET", "buckets")
    assert status == 503 and headers["Retry-After"] and problem["title"] == "Service Unavailable"
    assert desk.post("settings/validate", "schema = 1\n")["valid"] is True
    console.process.terminate()
    assert console.process.wait(30) == 0
