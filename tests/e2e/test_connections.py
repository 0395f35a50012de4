"""How Cordon gets to a cloud: endpoints without TLS, certificates, credentials, and what it keeps of one cloud apart from another."""
import pathlib
import subprocess

import peer as peers
import pytest

from harness import samples
from harness.system import System

ONCE = pytest.mark.only_on("devcloud", reason="no cloud is needed, once is enough")


@ONCE
def test_an_endpoint_elsewhere_without_tls_is_told_of(system):
    there = system.run("bucket", "list", AWS_ENDPOINT_URL="http://store.invalid:9000", AWS_MAX_ATTEMPTS=1)
    here = system.run("bucket", "list")

    assert there.err.count('"aws.plain_http"') == 1 and "use https" in there.err, there
    assert here.code == 0 and "aws.plain_http" not in here.err, here


@ONCE
def test_a_bundle_of_certificates_that_is_set_to_nothing_is_a_mistake(system):
    done = system.run("bucket", "list", AWS_CA_BUNDLE="")

    assert done.code == 2 and "AWS_CA_BUNDLE is set, and empty" in done.err, done


@ONCE
def test_a_session_of_aws_login_says_what_to_do(system):
    config = system.folder / "config"
    config.write_text("[profile me]\nlogin_session = arn:aws:iam::111122223333:user/me\n")

    done = system.run("bucket", "list", "--profile", "me", AWS_CONFIG_FILE=config)

    assert done.code != 0 and "aws configure export-credentials --format process --profile me" in done.err, done


@ONCE
@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_a_stand_in_for_others_wants_a_key_of_its_own(system, listen):
    for program in ([system.bin_dir / "cordon", "devcloud"], [system.bin_dir / "cordon-devcloud"]):
        refused = subprocess.run([*program, "--listen", listen], capture_output=True, text=True, timeout=30, check=False)
        assert refused.returncode == 2 and "--secret-key" in refused.stderr, refused


@ONCE
def test_settings_of_another_cloud_are_not_taken_from_the_cache(system, request, tmp_path_factory):
    """Stand-ins have deployments, accounts and buckets of the same names."""
    state = system.folder / "state"
    settings = system.folder / "settings.toml"
    settings.write_text('schema = 1\n[defaults]\ninclude = ["only-there/**"]\n')
    bin_dir = pathlib.Path(request.config.getoption("--bin-dir"))
    folder = tmp_path_factory.mktemp("other")
    with peers.running("devcloud", bin_dir, folder / "devcloud.log") as url:
        other = System(peer="devcloud", endpoint=url, folder=folder, bin_dir=bin_dir, signatures=system.signatures,
                       deployment=system.deployment)
        try:
            other.protected_bucket()
            assert other.run("settings", "apply", settings).code == 0
            other.start_agent("--state", state).terminate()
        finally:
            other.stop_all()
    bucket = system.protected_bucket()

    agent = system.start_agent("--state", state)
    system.put(bucket, "elsewhere", samples.clean())

    assert system.await_verdict(bucket, "elsewhere")["scan-result"] == "Clean"
    kept = [path.name for path in state.iterdir() if path.name.startswith("settings-")]
    assert kept and all(name.startswith(f"settings-{system.deployment}-{system.account}-") for name in kept)
    agent.terminate()
