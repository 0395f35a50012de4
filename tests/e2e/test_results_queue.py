"""What a console gets: results and agents' reports in the results queue."""
import json

from harness import samples
from harness.system import eventually


def messages(system, wanted, count):
    """Takes messages out of the results queue until `count` have the schema; returns those, by their ids."""
    url, found = system.queue_url(f"cordon-results-{system.deployment}"), []

    def enough():
        answer = system.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            system.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            if body["schema"] == wanted:
                found.append(body)
        return len(found) >= count
    eventually(enough, 60, 0.05, f"{count} of {wanted}")
    return found


def test_the_console_is_told_of_problems(system, bucket, agent):
    system.put(bucket, "fine", samples.clean())
    system.put(bucket, "evil", samples.eicar())
    system.put(bucket, "locked", samples.encrypted_zip())
    system.await_idle()
    system.await_delivered()

    results = messages(system, "cordon.scan-result/1", 2)

    assert {(r["key"], r["result"]) for r in results} == {("evil", "Infected"), ("locked", "Unscannable")}
    lines = {r["id"]: r for r in system.results(bucket)}
    assert all(lines[r["id"]] == r for r in results), "the same as in the log"


def test_or_of_everything(system, bucket):
    settings = system.folder / "settings.toml"
    settings.write_text('schema = 1\n[results]\nconsole = "all"\n')
    assert system.run("settings", "apply", settings).code == 0
    system.start_agent()
    system.put(bucket, "fine", samples.clean())

    result, = messages(system, "cordon.scan-result/1", 1)

    assert (result["key"], result["result"]) == ("fine", "Clean")


def test_an_agent_says_how_it_is(system, bucket, agent):
    report = messages(system, "cordon.agent-report/1", 1)[0]

    assert report["deployment"] == system.deployment and report["account"] == system.account
    assert (report["slots"], report["workers"]) == (8, 2)
    assert report["engine"].startswith("ClamAV") and report["signatureCount"] > 0
    assert report["verdicts"] == [] and report["outboxResults"] == 0


def test_without_the_queue_everything_goes_on(system, bucket):
    system.sqs.delete_queue(QueueUrl=system.queue_url(f"cordon-results-{system.deployment}"))
    status = system.run("bucket", "status", bucket)
    assert "results queue" in status.out and "missing" in status.out and status.code == 0
    agent = system.start_agent()
    system.put(bucket, "evil", samples.eicar())

    system.await_quarantine(bucket, "evil")
    system.await_delivered()
    assert agent.metric("cordon_results_without_queue_total") == 1
    assert "results.no_queue" in agent.log()
