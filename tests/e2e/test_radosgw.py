"""Ceph's gateway as the store: its own notifications, posted to an agent that has nothing of AWS but S3."""
import pytest

from harness import samples
from harness.push import PushedAgent
from harness.system import eventually

pytestmark = pytest.mark.only_on("radosgw", reason="it sends no notifications over HTTP")


@pytest.fixture
def pushed(system):
    system.account = "0" * 12   # It has nobody who could say.
    return PushedAgent(system)


def wired_bucket(system, pushed, versioned=False):
    """A bucket whose events the gateway posts until they are taken."""
    name = system.new_bucket(versioned)
    sns = system.client("sns")
    topic = sns.create_topic(Name=f"to-{name}", Attributes={
        "push-endpoint": f"http://127.0.0.1:{pushed.port}/events/{pushed.token}",
        "persistent": "true"})["TopicArn"]
    system.s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={
        "TopicConfigurations": [{"Id": "cordon", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    pushed.protect(name)
    return name


@pytest.mark.parametrize("versioned", [False, True])
def test_uploads_get_tags_and_what_is_infected_is_quarantined(system, pushed, versioned):
    pushed.start()
    bucket = wired_bucket(system, pushed, versioned)
    system.put(bucket, "a b/ü+%41.txt", samples.clean(), tags={"owner": "me"})
    system.put(bucket, "bad", samples.eicar())

    tags = system.await_verdict(bucket, "a b/ü+%41.txt")

    assert tags["scan-result"] == "Clean" and tags["owner"] == "me"
    assert system.await_quarantine(bucket, "bad")["scan-result"] == "Infected"
    assert pushed.dead() == []


def test_an_agent_that_is_killed_loses_nothing(system, pushed):
    agent = pushed.start()
    bucket = wired_bucket(system, pushed)
    names = [f"k{n:02}" for n in range(40)]
    for n, name in enumerate(names):
        system.put(bucket, name, samples.eicar() if n % 10 == 0 else samples.clean())
        if n == 15:
            agent.kill()   # The others come while nobody listens.

    pushed.start()

    for n, name in enumerate(names):
        if n % 10 == 0:
            system.await_quarantine(bucket, name)
        else:
            assert system.await_verdict(bucket, name)["scan-result"] == "Clean"
    assert pushed.dead() == []


def test_what_nobody_protected_is_left_alone(system, pushed):
    bucket = wired_bucket(system, pushed)
    assert pushed.run("bucket", "unprotect", "--push", bucket).code == 0
    pushed.start()

    system.put(bucket, "bad", samples.eicar())

    letters = eventually(pushed.dead, 90, 1, what="a dead letter")
    assert {letter["cause"] for letter in letters} == {"not-protected"}
    assert system.tags(bucket, "bad") == {}
