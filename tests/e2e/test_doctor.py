"""cordon doctor and cordon selftest: what they find, and that they leave nothing behind."""
import os

import pytest


def findings(done):
    return {(line["check"], line["state"]) for line in done.json_lines()}


def doctor(system, *more, **environment):
    return system.run("doctor", "--signatures", system.signatures, "--spool", spool(system), *more, "--json",
                      **environment)


def spool(system):
    folder = system.folder / "doctor"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def test_a_working_deployment_has_no_failures(system):
    system.protected_bucket(versioned=True)

    done = doctor(system)

    found = findings(done)
    assert done.code == 0, done
    assert not any(state == "failed" for _, state in found)
    for check in ("credentials", "region", "topic", "topic policy", "queue", "queue policy", "dead letters", "sweep queue", "results queue",
                  "subscription", "quarantine bucket", "notification", "versioning", "reading", "message size",
                  "brake", "engine", "canary", "sandbox"):
        assert (check, "ok") in found, check
    assert ("signatures age", "warning") in found     # The repository's own are test signatures.


@pytest.mark.parametrize("damage, check", [("subscription", "subscription"), ("topic", "topic"), ("entry", "notification")])
def test_damage_is_named_with_its_fix(system, damage, check):
    bucket = system.protected_bucket()
    sns = system.client("sns")
    topic = f"arn:aws:sns:us-east-1:{system.account}:cordon-events-{system.deployment}"
    if damage == "topic":
        sns.delete_topic(TopicArn=topic)
    elif damage == "subscription":
        for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    else:
        system.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})

    done = doctor(system, bucket, "--no-engine")

    assert done.code == 4 and (check, "failed") in findings(done), done
    line = next(l for l in done.json_lines() if (l["check"], l["state"]) == (check, "failed"))
    assert "cordon bucket protect" in line["fix"]
    assert system.run("bucket", "protect", bucket).code == 0
    assert doctor(system, bucket, "--no-engine").code == 0


@pytest.mark.only_on("devcloud", reason="keys and signatures are not checked")
def test_wrong_credentials_are_named(system):
    done = doctor(system, "--no-engine", AWS_SECRET_ACCESS_KEY="wrong")

    assert done.code == 4 and ("credentials", "failed") in findings(done)


def test_an_engine_that_cannot_start_is_named(system):
    system.protected_bucket()
    empty = system.folder / "empty"
    os.mkdir(empty)

    done = system.run("doctor", "--signatures", empty, "--spool", spool(system), "--json")

    assert done.code == 4 and ("engine", "failed") in findings(done)


def test_dead_letters_are_pointed_out(system):
    system.protected_bucket()
    system.sqs.send_message(QueueUrl=system.queue_url(system.dead_letters), MessageBody="x")

    found = doctor(system, "--no-engine").json_lines()

    line = next(l for l in found if l["check"] == "dead letters waiting")
    assert line["state"] == "warning" and "cordon dead list" in line["fix"]


@pytest.mark.parametrize("versioned", [False, True], ids=["unversioned", "versioned"])
def test_the_selftest_sees_the_whole_chain_and_tidies_up(system, versioned):
    bucket = system.protected_bucket(versioned)
    system.start_agent()

    done = system.run("selftest", bucket, "--json")

    assert done.code == 0, done
    clean, eicar = done.json_lines()
    assert (clean["result"], clean["passed"]) == ("Clean", True)
    assert (eicar["result"], eicar["passed"]) == ("Infected", True) and system.quarantine in eicar["place"]
    assert system.keys(bucket) == [] and system.keys(system.quarantine) == []
    assert "ok" in system.run("selftest", bucket).out


def test_the_selftest_fails_without_an_agent(system):
    bucket = system.protected_bucket()

    done = system.run("selftest", bucket, "--wait", "2s")

    assert done.code == 4 and "cordon doctor" in done.out
    assert system.keys(bucket) == []
    assert system.run("selftest", system.new_bucket()).code == 4
