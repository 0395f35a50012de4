"""Quarantine, as an operator works with it: list, restore, delete; and what agents make of what was restored."""
import hashlib
import json
import signal

import pytest

from harness import samples
from harness.system import REGION, eventually


def quarantined(system, bucket, *keys, body=None, **options):
    """Uploads what is infected and waits until it is in quarantine; returns the ids in the order of the keys."""
    for key in keys:
        system.put(bucket, key, body or samples.eicar(), **options)
    for key in keys:
        system.await_quarantine(bucket, key)
    system.await_idle()
    found = {entry["key"]: entry["id"] for entry in listed(system, "--bucket", bucket)}
    return [found[key] for key in keys]


def listed(system, *options):
    done = system.run("quarantine", "list", "--json", *options)
    assert done.code == 0, done
    return done.json_lines()


def restore(system, *arguments, code=0, **environment):
    done = system.run("quarantine", "restore", *arguments, "--json", **environment)
    assert done.code == code, done
    return done


# ---- list ----

def test_an_entry_tells_where_it_was_and_why_it_is_here(system, versioned):
    system.start_agent()
    key = "a b/ü+%27'\t.com"
    version = system.put(versioned, key, samples.eicar())["VersionId"]
    system.await_quarantine(versioned, key)

    entry, = listed(system)

    assert (entry["schema"], entry["bucket"], entry["key"]) == ("cordon.quarantine/1", versioned, key)
    if system.peer != "moto":   # whose events name no versions
        assert entry["versionId"] == version
    assert entry["result"] == "Infected" and entry["virusNames"] and entry["reason"] is None
    assert entry["sha256"] == hashlib.sha256(samples.eicar()).hexdigest()
    assert entry["size"] == len(samples.eicar())
    assert entry["quarantine"]["bucket"] == system.quarantine
    assert entry["id"].isascii() and not set(entry["id"]) & set(" '\"$`\\\t")
    result, = system.await_results(versioned, key)
    assert (entry["resultId"], entry["virusNames"]) == (result["id"], result["virusNames"])


def test_lists_are_in_order_filtered_and_continued(system, bucket, agent):
    other = system.protected_bucket()
    keys = [f"in/{number:02d}" for number in range(5)] + ["out/1"]
    ids = quarantined(system, bucket, *keys)
    quarantined(system, other, "in/x")

    everything = listed(system)
    first = system.run("quarantine", "list", "--json", "--bucket", bucket, "--limit", "2")
    rest = listed(system, "--bucket", bucket, "--after", first.json_lines()[-1]["id"])

    assert [(e["bucket"], e["key"]) for e in everything] == sorted([(bucket, key) for key in keys] + [(other, "in/x")])
    assert [entry["id"] for entry in listed(system, "--bucket", bucket, "--prefix", "in/")] == ids[:5]
    assert [entry["id"] for entry in first.json_lines() + rest] == ids
    assert ids[1] in first.err
    assert listed(system, "--bucket", bucket[:-1]) == []
    assert system.run("quarantine", "list", "--prefix", "x").code == 2


def test_every_version_is_an_entry_of_its_own(system, bucket, agent):
    for body in (samples.eicar(), samples.infected_zip()):
        system.put(bucket, "k", body)
        eventually(lambda: not system.exists(bucket, "k"), what="quarantine")
        system.await_idle()

    newest, oldest = listed(system, "--bucket", bucket)

    assert newest["id"] != oldest["id"] and newest["key"] == oldest["key"] == "k"
    assert oldest["size"] == len(samples.eicar())
    assert system.run("quarantine", "delete", oldest["id"]).code == 0
    assert [entry["id"] for entry in listed(system)] == [newest["id"]]


def test_text_output_names_the_place(system, bucket, agent):
    identity, = quarantined(system, bucket, "k")

    done = system.run("quarantine", "list")

    assert identity in done.out and f"s3://{bucket}/k" in done.out and "Infected" in done.out


# ---- restore ----

@pytest.mark.parametrize("versions", [True, False])
def test_allowed_once_it_stays_and_the_same_bytes_again_do_not(system, versions):
    bucket = system.protected_bucket(versioned=versions)
    system.start_agent()
    identity, = quarantined(system, bucket, "tool", tags={"owner": "me"}, Metadata={"color": "blue"},
                            ContentType="text/x-test")

    done, = restore(system, identity, "--allow", "once").json_lines()
    results = system.await_results(bucket, "tool", 2)
    system.await_idle()

    assert (done["restored"]["bucket"], done["restored"]["key"]) == (bucket, "tool")
    assert system.body(bucket, "tool") == samples.eicar()
    tags, head = system.tags(bucket, "tool"), system.head(bucket, "tool")
    assert (tags["scan-result"], tags["owner"]) == ("InfectedAllowed", "me")
    assert tags["virus-name"] == done["virusNames"][0]
    assert (head["Metadata"]["color"], head["ContentType"]) == ("blue", "text/x-test")
    assert results[-1]["result"] == "InfectedAllowed"
    assert listed(system) == []
    eventually(lambda: system.head(bucket, "tool")["LastModified"] != _now_on(system), what="another second")

    system.put(bucket, "tool", samples.eicar())

    eventually(lambda: listed(system, "--bucket", bucket), what="quarantine of the same bytes")
    system.await_idle()
    if versions:
        assert system.tags(bucket, "tool", done["restored"]["versionId"])["scan-result"] == "InfectedAllowed"
    else:
        assert not system.exists(bucket, "tool")


def _now_on(system):
    """The second that an upload would get now: heads tell whole seconds."""
    probe = system.new_bucket()
    system.put(probe, "now")
    return system.head(probe, "now")["LastModified"]


def test_a_copy_of_what_was_allowed_once_is_quarantined(system, bucket, agent):
    identity, = quarantined(system, bucket, "tool")
    restore(system, identity, "--allow", "once")
    system.await_results(bucket, "tool", 2)

    system.s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "tool"})

    system.await_quarantine(bucket, "copy")
    assert system.exists(bucket, "tool")


def test_without_leave_nothing_goes_into_a_protected_bucket(system, bucket, agent):
    identity, = quarantined(system, bucket, "tool")

    done = restore(system, identity, code=4)

    assert "--allow once" in done.err and not system.exists(bucket, "tool")
    assert [entry["id"] for entry in listed(system)] == [identity]


def test_somewhere_else_needs_no_leave(system, bucket, agent):
    identity, = quarantined(system, bucket, "dir/tool")
    lab = system.new_bucket()

    restore(system, identity, "--to", f"s3://{lab}/samples/")

    assert system.body(lab, "samples/dir/tool") == samples.eicar()
    assert system.tags(lab, "samples/dir/tool")["scan-result"] == "InfectedAllowed"
    assert listed(system) == []


@pytest.mark.parametrize("versions", [True, False])
def test_a_taken_place_is_left_alone(system, versions):
    bucket = system.protected_bucket(versioned=versions)
    system.start_agent()
    identity, = quarantined(system, bucket, "k")
    system.put(bucket, "k", b"newer and harmless")
    system.await_verdict(bucket, "k")

    refused = restore(system, identity, "--allow", "once", code=4)

    assert "exists" in refused.err and system.body(bucket, "k") == b"newer and harmless"
    assert [entry["id"] for entry in listed(system)] == [identity]
    if not versions:
        assert "keeps no versions" in restore(system, identity, "--allow", "once", "--overwrite", code=4).err
        assert system.body(bucket, "k") == b"newer and harmless"
        return
    restore(system, identity, "--allow", "once", "--overwrite")
    assert system.body(bucket, "k") == samples.eicar()
    assert len(system.s3.list_object_versions(Bucket=bucket)["Versions"]) == 2


def test_always_puts_the_content_on_the_allow_list(system, bucket, agent):
    identity, = quarantined(system, bucket, "tool")
    documents_before = agent.log().count('"settings.in_force"')
    settings = f"cordon-system-{system.deployment}-{system.account}"

    done, = restore(system, identity, "--allow", "always", "--expires", "2099-01-31T00:00:00Z").json_lines()

    document = json.loads(system.body(settings, "settings.json"))
    entry, = document["allow"]
    assert entry == {"sha256": hashlib.sha256(samples.eicar()).hexdigest(), "signature": done["virusNames"][0],
                     "prefix": "", "expires": "2099-01-31T00:00:00.000Z"}
    assert system.s3.get_bucket_versioning(Bucket=settings)["Status"] == "Enabled"
    assert system.await_results(bucket, "tool", 2)[-1]["result"] == "InfectedAllowed"
    eventually(lambda: agent.log().count('"settings.in_force"') > documents_before, 10, what="the list in force")
    system.put(bucket, "twin", samples.eicar())
    system.put(bucket, "other", samples.infected_zip())
    assert system.await_verdict(bucket, "twin")["scan-result"] == "InfectedAllowed"
    system.await_quarantine(bucket, "other")
    assert system.body(bucket, "twin") == samples.eicar()


def test_a_central_quarantine_takes_what_the_settings_send_there(system, bucket):
    central, elsewhere = system.new_bucket(versioned=True), system.protected_bucket()
    settings = system.folder / "settings.toml"
    settings.write_text(f'schema = 1\n[defaults]\nquarantine = "{central}"\n')
    assert system.run("settings", "apply", settings).code == 0
    refused = system.run("bucket", "protect", central)   # somebody's mistake
    assert refused.code == 4 and "belongs to Cordon" in refused.err, refused
    system.start_agent()
    for source in (bucket, elsewhere):
        system.put(source, "tool", samples.eicar(), tags={"owner": source})
    eventually(lambda: system.keys(central) == sorted([f"{bucket}/tool", f"{elsewhere}/tool"]), what="the central quarantine")
    system.await_idle()
    assert system.keys(system.quarantine) == system.keys(bucket) == system.keys(elsewhere) == []

    entry, = listed(system, "--bucket", bucket)
    assert (entry["key"], entry["quarantine"]["bucket"]) == ("tool", central)
    restore(system, entry["id"], "--allow", "once")
    assert system.await_results(bucket, "tool", 2)[-1]["result"] == "InfectedAllowed"
    other, = listed(system, "--quarantine", central)
    assert system.run("quarantine", "delete", other["id"], "--quarantine", central).code == 0
    assert [key for key in system.keys(central) if not key.startswith(".cordon/")] == []


def test_an_uploaders_metadata_lead_nowhere(system, bucket, agent):
    victim = system.new_bucket()
    forged = {"cordon-bucket": victim, "cordon-key": "index.html", "cordon-sha256": "0" * 64, "cordon-from": "1" * 32}
    identity, = quarantined(system, bucket, "evil", Metadata=forged)

    entry, = listed(system)
    done, = restore(system, identity, "--allow", "once").json_lines()

    assert (entry["bucket"], entry["key"]) == (done["restored"]["bucket"], done["restored"]["key"]) == (bucket, "evil")
    assert entry["sha256"] == hashlib.sha256(samples.eicar()).hexdigest()
    assert system.keys(victim) == []


def test_a_key_that_was_too_long_for_quarantine_finds_its_way_back(system, bucket, agent):
    key = "k" * 1010
    system.put(bucket, key, samples.eicar())
    eventually(lambda: listed(system), what="quarantine")
    system.await_idle()

    entry, = listed(system)
    restore(system, entry["id"], "--allow", "once")

    assert entry["key"] == key and system.body(bucket, key) == samples.eicar()


def test_metadata_that_leave_no_room_keep_nothing_out_of_quarantine(system, bucket, agent):
    filled = {"owner": "o" * (2048 - len("owner"))}
    identity, = quarantined(system, bucket, "evil", Metadata=filled)

    entry, = listed(system)
    restore(system, identity, "--allow", "once")

    assert (entry["key"], entry["sha256"]) == ("evil", None)
    assert system.head(bucket, "evil")["Metadata"] == filled
    assert system.await_results(bucket, "evil", 2)[-1]["result"] == "InfectedAllowed"


# ---- crashes ----

@pytest.mark.parametrize("step", ["mark", "copy", "verify", "bind", "delete"])
@pytest.mark.parametrize("versions", [True, False])
def test_killed_in_the_middle_of_a_restore(system, versions, step):
    bucket = system.protected_bucket(versioned=versions)
    system.start_agent()
    identity, = quarantined(system, bucket, "tool", tags={"owner": "me"})
    once = system.folder / "crashed-once"
    crash = dict(CORDON_TEST_CRASH_AT=step, CORDON_TEST_CRASH_ONCE_FILE=once)

    killed = system.run("quarantine", "restore", identity, "--allow", "once", **crash)
    assert (killed.code, once.exists()) == (-signal.SIGKILL, True)
    assert [entry["id"] for entry in listed(system)] == [identity], "it is still there"
    system.await_idle()
    restore(system, identity, "--allow", "once", **crash)

    system.await_results(bucket, "tool", 2)
    system.await_idle()
    assert listed(system) == []
    assert system.body(bucket, "tool") == samples.eicar()
    assert system.tags(bucket, "tool")["scan-result"] == "InfectedAllowed"
    assert len(system.s3.list_object_versions(Bucket=bucket).get("Versions", [])) == 1


def test_killed_while_the_allow_list_is_written(system, bucket, agent):
    identity, = quarantined(system, bucket, "tool")
    once = system.folder / "crashed-once"

    for step in ("list", "mark"):
        killed = system.run("quarantine", "restore", identity, "--allow", "always", CORDON_TEST_CRASH_AT=step,
                            CORDON_TEST_CRASH_ONCE_FILE=f"{once}-{step}")
        assert killed.code == -signal.SIGKILL
    restore(system, identity, "--allow", "always")

    settings = f"cordon-system-{system.deployment}-{system.account}"
    assert len(json.loads(system.body(settings, "settings.json"))["allow"]) == 1
    assert system.await_results(bucket, "tool", 2)[-1]["result"] == "InfectedAllowed"


# ---- delete ----

def test_deletes_exactly_what_it_is_told(system, bucket, agent):
    one, two = quarantined(system, bucket, "one", "two")

    done = system.run("quarantine", "delete", one, "--json")

    assert (done.code, done.json_lines()) == (0, [{"schema": "cordon.quarantine-deletion/1", "id": one, "deleted": True}])
    assert [entry["id"] for entry in listed(system)] == [two]
    versions = system.s3.list_object_versions(Bucket=system.quarantine)
    assert [version["Key"] for version in versions["Versions"]] == [f"{bucket}/two"] and "DeleteMarkers" not in versions


@pytest.mark.parametrize("command", ["restore", "delete"])
def test_what_is_not_there_and_what_is_no_id(system, bucket, agent, command):
    identity, = quarantined(system, bucket, "k")
    assert system.run("quarantine", "delete", identity).code == 0

    assert system.run("quarantine", command, identity).code == 5
    assert system.run("quarantine", command, "nonsense").code == 2
    assert system.run("quarantine", command, "v:.cordon/allow-once/x").code == 2


def test_without_any_quarantine_there_is_nothing_to_list(system):
    assert system.run("quarantine", "list", "--region", REGION).code == 5


# ---- expiry ----

def test_expiry_of_the_quarantine_is_set_changed_and_taken_back(system, bucket):
    def rules():
        got = system.s3.get_bucket_lifecycle_configuration(Bucket=system.quarantine)["Rules"]
        return {rule["ID"]: rule for rule in got}

    def protect(*options):
        done = system.run("bucket", "protect", bucket, *options)
        assert done.code == 0, done
        return done

    assert set(rules()) == {"cordon-unfinished-uploads"}
    assert "expire after 90 days" in protect("--quarantine-expire-days", "90").out
    assert rules()["cordon-expiry"]["Expiration"]["Days"] == 90
    assert rules()["cordon-expiry"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    protect()
    assert rules()["cordon-expiry"]["Expiration"]["Days"] == 90, "left as it is"
    protect("--quarantine-expire-days", "0")
    assert set(rules()) == {"cordon-unfinished-uploads"}
    assert system.run("bucket", "protect", bucket, "--quarantine-expire-days", "-1").code == 2


def test_another_region_knows_nothing_of_what_is_allowed_here(system, bucket, agent):
    identity, = quarantined(system, bucket, "tool")
    overseas = "e2e-" + system.deployment[-12:] + "-far"
    far = system.s3.create_bucket(Bucket=overseas, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert far

    assert "another region" in restore(system, identity, "--allow", "once", "--to", f"s3://{overseas}/x", code=4).err
    restore(system, identity, "--to", f"s3://{overseas}/x")

    assert system.client("s3").get_object(Bucket=overseas, Key="x")["Body"].read() == samples.eicar()


# ---- every quarantine ----

def test_nothing_in_quarantine_is_out_of_sight(system):
    from test_regions import FAR, client_in, new_bucket_in

    near, far, central = system.new_bucket(), new_bucket_in(system, FAR), system.new_bucket(versioned=True)
    assert system.run("bucket", "protect", near, far).code == 0
    settings = system.folder / "settings.toml"
    settings.write_text(f'schema = 1\n[[buckets]]\nname = "some-other-bucket"\nquarantine = "{central}"\n')
    assert system.run("settings", "apply", settings).code == 0
    far_s3 = client_in(system, FAR, "s3")
    far_quarantine = f"cordon-quarantine-{system.deployment}-{system.account}-{FAR}"
    system.put(system.quarantine, f"{near}/k", samples.eicar())        # Neither metadata nor tags,
    far_s3.put_object(Bucket=far_quarantine, Key=f"{far}/k", Body=samples.eicar())
    system.put(central, "some-other-bucket/k", samples.eicar())
    system.put(central, "odd", samples.eicar())                        # and here no place either.

    entries = {entry["quarantine"]["bucket"] + "/" + entry["quarantine"]["key"]: entry for entry in listed(system)}

    assert set(entries) == {f"{system.quarantine}/{near}/k", f"{far_quarantine}/{far}/k", f"{central}/some-other-bucket/k",
                            f"{central}/odd"}
    assert all(entry["result"] is None and entry["virusNames"] == [] and entry["unread"] is None and entry["size"]
               for entry in entries.values())
    assert (entries[f"{central}/odd"]["bucket"], entries[f"{central}/odd"]["key"]) == (None, None)
    text = system.run("quarantine", "list").out
    assert all(name in text for name in (system.quarantine, far_quarantine, central))

    first = system.run("quarantine", "list", "--json", "--limit", "1")
    assert "--after" in first.err or "not looked at" in first.err
    plain = new_bucket_in(system, FAR)
    restore(system, entries[f"{far_quarantine}/{far}/k"]["id"], "--to", f"s3://{plain}/back")
    assert far_s3.get_object(Bucket=plain, Key="back")["Body"].read() == samples.eicar()
    assert system.run("quarantine", "delete", entries[f"{central}/odd"]["id"]).code == 0
    assert len(listed(system)) == 2
    answer = system.run("verdict", f"s3://{near}/k", "--json")
    assert (answer.code, answer.json_lines()[0]["state"]) == (3, "unproven")


def apply(system, text):
    settings = system.folder / "settings.toml"
    settings.write_text("schema = 1\n" + text)
    done = system.run("settings", "apply", settings)
    assert done.code == 0, done


def test_a_former_quarantine_is_not_out_of_sight(system, bucket):
    central = system.new_bucket(versioned=True)
    apply(system, f'[defaults]\nquarantine = "{central}"\n')
    system.start_agent()
    system.put(bucket, "k", samples.eicar())
    eventually(lambda: system.keys(central) == [f"{bucket}/k"] and not system.exists(bucket, "k"), what="quarantine")
    system.await_idle()
    apply(system, "")
    apply(system, "[engine]\ndetect_macros = true\n")

    entry, = listed(system)
    answer = system.run("verdict", f"s3://{bucket}/k", "--json")

    assert entry["quarantine"]["bucket"] == central and entry["bucket"] == bucket
    assert answer.code == 1 and answer.json_lines()[0]["quarantine"]["id"] == entry["id"]
    assert answer.json_lines()[0]["quarantine"]["bucket"] == central
    lab = system.new_bucket()
    restore(system, entry["id"], "--to", f"s3://{lab}/back")
    assert system.body(lab, "back") == samples.eicar()
    assert listed(system) == []


@pytest.mark.only_on("devcloud", reason="moto refuses the version null of a bucket without versions")
def test_a_quarantine_without_versions_loses_nothing_and_leaves_nothing(system, bucket):
    central = system.new_bucket()
    apply(system, f'[defaults]\nquarantine = "{central}"\n')
    system.start_agent()
    bodies = [samples.eicar(), samples.infected_zip(), samples.eicar() + b" "]
    for count, body in enumerate(bodies, 1):
        system.put(bucket, "a b/k", body)
        eventually(lambda: len(system.keys(central)) == count and not system.exists(bucket, "a b/k"), what="quarantine")
        system.await_idle()

    entries = listed(system)

    assert sorted(system.body(central, key) for key in system.keys(central)) == sorted(bodies)
    assert [(entry["bucket"], entry["key"]) for entry in entries] == [(bucket, "a b/k")] * 3
    assert {entry["sha256"] for entry in entries} == {hashlib.sha256(body).hexdigest() for body in bodies}
    results = system.await_results(bucket, "a b/k", 3)
    assert [result["actions"][0]["status"] for result in results] == ["done"] * 3
    assert {result["actions"][0]["key"] for result in results} == {entry["quarantine"]["key"] for entry in entries}
    answer = system.run("verdict", f"s3://{bucket}/a b/k", "--json")
    assert answer.code == 1 and answer.json_lines()[0]["quarantine"]["id"] in {entry["id"] for entry in entries}
    last, = (entry for entry in entries if entry["sha256"] == hashlib.sha256(bodies[-1]).hexdigest())
    restore(system, last["id"], "--allow", "once")
    assert system.body(bucket, "a b/k") == bodies[-1]
    assert len(listed(system)) == 2
