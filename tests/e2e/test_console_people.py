"""People of `cordon console`: the first one, signing in, invitations, one-time codes, the audit log, and the commands."""
import base64
import contextlib
import hashlib
import hmac
import json
import re
import sqlite3
import struct
import subprocess
import time
import types
import urllib.error
import urllib.request

import boto3
import peer as peers
import pytest
from harness import samples
from harness.system import eventually
from test_console import Console, make_queues

pytestmark = pytest.mark.only_on("devcloud", reason="the console speaks to one queue, once is enough")
PASSWORD = "correct horse battery"


class Browser:
    """Keeps a cookie and the session's token, as pages of the console do."""

    def __init__(self, console):
        self.console, self.cookie, self.csrf = console, None, None

    def ask(self, method, path, body=None, **headers):
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.csrf:
            headers["X-Cordon-CSRF"] = self.csrf
        request = urllib.request.Request(self.console.url + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                if answer.headers["Set-Cookie"]:
                    self.cookie = answer.headers["Set-Cookie"].split(";")[0]
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()

    def sign_in(self, name, password=PASSWORD, **code):
        status, text = self.ask("POST", "/api/v1/session", {"name": name, "password": password, **code})
        if status == 200:
            self.csrf = json.loads(text)["csrf"]
        return status


def setup_token(system):
    """What consoles of this test have printed, the newest first."""
    return re.findall(r"^setup token: (\S+)$", (system.folder / "console---listen.log").read_text(), re.M)[::-1]


def code_of(secret, later=0):
    """RFC 6238, by nothing of ours."""
    step = struct.pack(">Q", int(time.time()) // 30 + later)
    mac = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def check_chain(lines):
    """As docs/formats/audit-log.md says it; returns the records."""
    previous, records = "0" * 64, []
    for number, line in enumerate(lines, 1):
        record = json.loads(line)
        parts = [record[member].encode() for member in ("schema", "number", "at", "who", "action", "target", "outcome",
                                                        "detail", "previous")]
        digest = hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()
        assert (record["hash"], record["previous"], record["number"]) == (digest, previous, str(number)), record
        previous = digest
        records.append(record)
    return records


@pytest.fixture
def console(system):
    make_queues(system)
    return Console(system).start()


@pytest.fixture
def admin(system, console):
    """A browser in which the first person is signed in."""
    browser = Browser(console)
    [token] = eventually(lambda: setup_token(system), 10, what="the setup token")
    status, text = browser.ask("POST", "/api/v1/setup", {"token": token, "name": "ada", "password": PASSWORD})
    assert status == 201, text
    assert browser.sign_in("ada") == 200
    return browser


def test_the_first_person_is_made_once_and_signs_in(system, console, admin):
    assert json.loads(admin.ask("GET", "/api/v1/session")[1])["role"] == "admin"
    assert admin.ask("GET", "/api/v1/problems")[0] == 200
    again = {"token": setup_token(system)[0], "name": "eve", "password": PASSWORD}
    assert Browser(console).ask("POST", "/api/v1/setup", again)[0] == 401
    assert json.loads(Browser(console).ask("GET", "/api/v1/setup")[1]) == {"needed": False}

    foreign = Browser(console)
    foreign.cookie, foreign.csrf = admin.cookie, admin.csrf
    invitation = {"name": "eve", "role": "admin"}
    assert foreign.ask("POST", "/api/v1/people", invitation, Origin="http://evil.example")[0] == 403
    foreign.csrf = None
    assert foreign.ask("POST", "/api/v1/people", invitation)[0] == 403

    assert admin.ask("DELETE", "/api/v1/session")[0] == 204
    assert foreign.ask("GET", "/api/v1/session")[0] == 401
    with contextlib.closing(sqlite3.connect(console.path)) as database:
        kept = str(list(database.execute("SELECT * FROM people")) + list(database.execute("SELECT * FROM audit")))
    assert PASSWORD not in kept and "argon2id" in kept


def test_a_console_that_is_started_again_prints_another_token(system, console):
    [first] = eventually(lambda: setup_token(system), 10, what="the setup token")
    console.process.terminate()
    assert console.process.wait(30) == 0

    console.start()
    second = eventually(lambda: setup_token(system)[1:] and setup_token(system)[0], 10, what="another setup token")

    assert first != second
    person = {"name": "ada", "password": PASSWORD}
    assert Browser(console).ask("POST", "/api/v1/setup", {"token": first, **person})[0] == 401
    assert Browser(console).ask("POST", "/api/v1/setup", {"token": second, **person})[0] == 201


def test_who_is_invited_chooses_a_password_and_codes_work_once(console, admin):
    status, text = admin.ask("POST", "/api/v1/people", {"name": "bob", "role": "viewer"})
    assert status == 201, text
    bob = Browser(console)
    accepted = {"invitation": json.loads(text)["invitation"], "password": PASSWORD}
    assert bob.ask("POST", "/api/v1/session/invitation", accepted)[0] == 200
    assert bob.ask("POST", "/api/v1/session/invitation", accepted)[0] == 401
    assert bob.sign_in("bob") == 200
    assert bob.ask("GET", "/api/v1/people")[0] == 403

    offered = json.loads(bob.ask("POST", "/api/v1/session/codes", {"password": PASSWORD})[1])
    assert offered["uri"].startswith("otpauth://totp/Cordon:bob?secret=" + offered["secret"])
    assert bob.ask("POST", "/api/v1/session/codes/confirm", {"code": code_of(offered["secret"])})[0] == 204

    assert Browser(console).sign_in("bob") == 401
    code = code_of(offered["secret"], later=1)   # The next one, which counts already.
    assert Browser(console).sign_in("bob", code=code) == 200
    assert Browser(console).sign_in("bob", code=code) == 401

    assert admin.ask("PATCH", "/api/v1/people/bob", {"state": "disabled"})[0] == 200
    assert bob.ask("GET", "/api/v1/session")[0] == 401


def test_a_token_made_by_an_admin_ends_at_once(console, admin):
    made = json.loads(admin.ask("POST", "/api/v1/tokens", {"name": "ci", "role": "viewer", "expires": "1d"})[1])
    assert console.get("/api/v1/problems", made["token"])[0] == 200
    assert console.get("/api/v1/tokens", made["token"])[0] == 403

    assert admin.ask("DELETE", "/api/v1/tokens/ci")[0] == 204
    assert console.get("/api/v1/problems", made["token"])[0] == 401


def test_the_audit_log_shows_who_changed_what_and_whether_it_was_changed(system, console, admin):
    assert Browser(console).sign_in("ada", "another password") == 401
    assert console.token("ci")

    def run(*arguments):
        return system.run("console", "audit", *arguments, "--database", console.database)

    records = check_chain(run("export").out.splitlines())

    assert [(one["who"].split(":")[0], one["action"], one["target"], one["outcome"]) for one in records] == [
        ("setup", "POST /api/v1/setup", "ada", "done"), ("person", "POST /api/v1/session", "ada", "done"),
        ("nobody", "POST /api/v1/session", "ada", "refused"), ("command", "cordon console token new", "ci", "done")]
    assert check_chain(admin.ask("GET", "/api/v1/audit/export")[1].splitlines()) == records
    assert json.loads(admin.ask("GET", "/api/v1/audit?limit=1")[1])["items"] == records[:-2:-1]
    last = f"4:{records[3]['hash']}"
    whole = run("verify", "--record", last)
    assert whole.code == 0 and last in whole.out, whole
    # The console's own log has what shows that the end was cut off.
    log = (system.folder / "console---listen.log").read_text()
    assert records[2]["hash"] in log and PASSWORD not in log

    with contextlib.closing(sqlite3.connect(console.path, isolation_level=None)) as database:
        database.execute("UPDATE audit SET who = CAST('person:eve' AS BLOB) WHERE number = 3")
        broken = run("verify")
        assert broken.code == 4 and "record 3" in broken.err, broken
        database.execute("DELETE FROM audit WHERE number >= 3")
    cut = run("verify", "--record", last)
    assert cut.code == 4 and "cut off" in cut.err, cut
    assert run("verify").code == 0
    assert run("verify", "--record", "x").code == 2


def test_nobody_is_locked_out_who_may_write_to_the_database(system, console):
    def run(*arguments):
        return system.run("console", "person", *arguments, "--database", console.database)
    assert run("list").code == 0
    invited = run("invite", "ada", "--role", "admin")
    assert invited.code == 0 and re.fullmatch(r"cordon-invitation_[\w-]{43}\n", invited.out), invited
    browser = Browser(console)

    def accept(done, password=PASSWORD):
        return browser.ask("POST", "/api/v1/session/invitation", {"invitation": done.out.strip(), "password": password})[0]
    assert accept(invited) == 200
    assert browser.sign_in("ada") == 200
    assert run("invite", "ada").code == 4

    assert run("disable", "ada").code == 0
    assert browser.ask("GET", "/api/v1/session")[0] == 401
    assert Browser(console).sign_in("ada") == 401
    reset = run("reset", "ada")
    assert accept(reset, "a much better one") == 200
    assert browser.sign_in("ada", "a much better one") == 200
    [listed] = system.run("console", "person", "list", "--database", console.database, "--json").json_lines()
    assert (listed["name"], listed["role"], listed["state"], listed["codes"]) == ("ada", "admin", "active", False)
    assert run("reset", "nobody").code == 5
    assert run("invite", "A B").code == 4


def test_where_people_reach_it_is_said_once(system):
    done = system.run("console", "--database", "sqlite::memory:", "--public-url", "console.example.org")
    assert done.code == 2 and "https://" in done.err, done


def test_a_local_cloud_whose_console_cannot_start_ends(system):
    done = system.run("dev", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--signatures", system.signatures,
                      "--spool", system.folder / "dev-spool", "--console-listen", "nowhere", AWS_ENDPOINT_URL=None)
    assert done.code == 2 and "nowhere" in done.err, done


def test_the_local_cloud_has_a_console_that_knows_what_was_found(system):
    spool = system.folder / "dev-spool"
    log_path = system.folder / "dev.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            [system.bin_dir / "cordon", "dev", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
             "--signatures", system.signatures, "--spool", spool, "--workers", "1"],
            env=system.environment(AWS_ENDPOINT_URL=None), stdout=log, stderr=subprocess.STDOUT)
    try:
        said = eventually(lambda: (lambda text: text if "\nready: " in text else None)(log_path.read_text()))
        endpoint, url, token = (re.search(rf"^{name}: (\S+)$", said, re.M)[1] for name in ("endpoint", "console", "setup token"))
        s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=peers.ACCESS_KEY,
                          aws_secret_access_key=peers.SECRET_KEY)
        s3.put_object(Bucket="uploads", Key="k", Body=samples.eicar())
        browser = Browser(types.SimpleNamespace(url=url))
        person = {"token": token, "name": "ada", "password": PASSWORD}
        assert browser.ask("POST", "/api/v1/setup", person)[0] == 201
        assert browser.sign_in("ada") == 200

        [problem] = eventually(lambda: json.loads(browser.ask("GET", "/api/v1/problems")[1])["items"], 60, what="the problem")

        assert (problem["verdict"], problem["example"]["key"]) == ("Infected", "k")
    finally:
        process.terminate()
        assert process.wait(60) == 0
