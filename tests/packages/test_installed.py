"""The packages in a system: they scan, and leave nothing behind. On this machine's files, and in a fresh Debian."""
import json

import pytest

from conftest import NAMES, eicar, layers_missing, needs_root
from system import System, apt_in, dpkg_in

SIGNATURES = "/usr/share/cordon/signatures"
def verdict(system, content, user="0"):
    system.put("/tmp/sample", content)
    done = system.run("cordon", "--log-level", "info", "--json", "scan", "file", "--signatures", SIGNATURES, "--spool",
                      f"/tmp/spool-{user}", "/tmp/sample", check=False, user=user)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    confined = [line for line in lines if line.get("event") == "engine.confined"]
    result, = (line for line in lines if line.get("schema") == "cordon.scan-result/1")
    return done.returncode, result["result"], confined


def user_namespaces_of(system, user):
    return system.run("unshare", "--user", "true", user=user, check=False).returncode == 0


def test_eicar_is_found_and_what_is_harmless_is_clean(machine):
    assert verdict(machine, eicar())[:2] == (1, "Infected")
    assert verdict(machine, b"harmless\n")[:2] == (0, "Clean")


def test_workers_of_the_system_user_have_every_layer_of_the_sandbox(machine):
    user = machine.run("id", "-u", "cordon").stdout.strip()
    if not user_namespaces_of(machine, user):
        pytest.skip("this kernel gives users no namespaces")

    (confined,) = verdict(machine, b"harmless\n", user=user)[2]

    assert layers_missing(confined) == []


def test_cordon_finds_the_stand_in(machine):
    done = machine.run("cordon", "devcloud", "--identities", "/nowhere", check=False)

    assert done.returncode == 4 and done.stdout.startswith("cordon-devcloud: ")


def test_completion_and_manual_pages_are_where_they_are_looked_for(machine):
    completion = "/usr/share/bash-completion/completions/cordon"
    page = "/usr/share/man/man1/cordon-agent.1.gz"

    words = machine.run("bash", "-c", f". {completion}; COMP_WORDS=(cordon bucket pr); COMP_CWORD=2; _cordon; echo $COMPREPLY")

    assert words.stdout.strip() == "protect"
    assert machine.run("zcat", page).stdout.startswith(".TH cordon")


def left_by(packages_put, way_in, way_out, lower):
    with System(lower) as system:
        way_in(system, system.put_packages(packages_put))
        verdict_before = verdict(system, eicar())[1]
        # What services leave behind.
        for path in ("/var/lib/cordon/agent/settings", "/var/lib/cordon/signatures/versions/x", "/var/cache/cordon/agent/y"):
            system.put(path, b"")
        way_out(system)
        user = system.run("id", "cordon", check=False).returncode == 0
        return verdict_before, user, system.left_over()


def dpkg_out(system):
    system.run("dpkg", "--purge", *reversed(NAMES))


def apt_out(system):
    system.run("apt-get", "purge", "--quiet", "--yes", *NAMES)


def test_a_purge_leaves_only_the_user(packages):
    needs_root()
    assert left_by(packages.three(), dpkg_in, dpkg_out, "/") == ("Infected", True, [])


def test_what_a_purge_forgets_is_seen(packages, altered):
    needs_root()
    engine, cordon, devcloud = packages.three()
    forgetful = altered(cordon, lambda tree: (tree / "DEBIAN/postrm").unlink())

    left = left_by([engine, forgetful, devcloud], dpkg_in, dpkg_out, "/")[2]

    assert "/var/lib/cordon/agent/settings" in left and "/var/cache/cordon/agent/y" in left


def test_a_fresh_debian_takes_them_and_lets_them_go(packages, fresh):
    assert left_by(packages.three(), apt_in, apt_out, fresh) == ("Infected", True, [])
