"""The services, as systemd reads them."""
import pytest

SERVICES = ("cordon-agent.service", "cordon-bucket-watch.service", "cordon-signatures.service")
UNITS = (*SERVICES, "cordon-signatures.timer")
EXPOSURE_MAX = 25  # Tenths; systemd calls anything up to 4.0 "OK", and a service without hardening has 9.6.


def what_verify_says(system, unit):
    # Its exit status says nothing: what it does not know it ignores, and tells.
    return system.run("systemd-analyze", "verify", unit, check=False).stdout


def is_exposed(system, unit):
    return system.run("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE_MAX}", unit,
                      check=False).returncode != 0


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_the_unit(machine, unit):
    assert what_verify_says(machine, unit) == ""


@pytest.mark.parametrize("fault", ["[Service]\nProtectSytem=strict\n", "[Service]\nExecStart=\nExecStart=/usr/bin/cordan\n",
                                   "[Unit]\nDocumentation=man:cordon-no-such-page(1)\n"], ids=["key", "program", "page"])
def test_a_mistake_in_a_unit_is_seen(machine, fault):
    place = "/etc/systemd/system/cordon-agent.service.d/fault.conf"
    machine.put(place, fault.encode())
    try:
        assert what_verify_says(machine, "cordon-agent.service") != ""
    finally:
        machine.run("rm", place)


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_can_do_little(machine, unit):
    assert not is_exposed(machine, f"/lib/systemd/system/{unit}")


def test_a_service_that_can_do_more_is_seen(machine):
    hardening = "/usr/lib/systemd/system/cordon-.service.d/10-hardening.conf"
    text = machine.run("cat", hardening).stdout
    machine.put(hardening, text.replace("CapabilityBoundingSet=", "").encode())
    try:
        assert is_exposed(machine, "/lib/systemd/system/cordon-agent.service")
    finally:
        machine.put(hardening, text.encode())
