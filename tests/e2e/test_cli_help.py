"""What every command offers a person: help, completion, manual pages."""
import subprocess

import pytest

pytestmark = pytest.mark.only_on("devcloud", reason="no cloud is needed, once is enough")


def pages(system):
    folder = system.folder / "man1"
    folder.mkdir(exist_ok=True)
    done = system.run("man", folder)
    assert done.code == 0, done
    return sorted(folder.iterdir())


def test_every_command_explains_itself(system):
    for page in pages(system):
        words = page.stem.split("-")[1:]
        done = system.run(*words, "--help")
        assert (done.code, done.err) == (0, ""), page
        assert "Usage:" in done.out
        wide = [line for line in done.out.splitlines() if len(line) > 80 and not line.startswith(("Usage:", "  -"))]   # names are not broken
        assert not wide, wide


def test_manual_pages_are_well_formed_and_cover_the_flags(system):
    found = pages(system)
    assert {"cordon.1", "cordon-agent.1", "cordon-bucket-protect.1"} <= {page.name for page in found}
    for page in found:
        done = subprocess.run(["groff", "-man", "-ww", "-z", "-Kutf8", "-Tutf8", page], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), page
    text = (system.folder / "man1" / "cordon-agent.1").read_text()
    assert "\\-\\-signatures" in text and "EXIT STATUS" in text and "CORDON_SIGNATURES" in text


def test_pages_go_only_where_there_is_a_folder(system):
    missing = system.folder / "cordon-agent"

    done, nowhere, unwritable = system.run("man", missing), system.run("man", ""), system.run("man", "/proc/self")

    assert (done.code, missing.exists()) == (2, False) and "cordon-agent" in done.err, done
    assert nowhere.code == 2, nowhere
    assert unwritable.code == 4 and "/proc/self" in unwritable.err, unwritable


def test_completion_offers_commands_and_flags(system):
    script = system.run("completion", "bash").out
    (system.folder / "completion").write_text(script)
    ask = "source %s; COMP_WORDS=(%s ''); COMP_CWORD=%d; _cordon; echo ${COMPREPLY[@]}"

    def offers(words):
        line = ask % (system.folder / "completion", " ".join(words), len(words))
        return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.split()

    assert {"agent", "bucket", "scan", "--json"} <= set(offers(["cordon"]))
    assert {"protect", "status"} <= set(offers(["cordon", "bucket"]))
    assert "--signatures" in offers(["cordon", "agent"])


def test_output_has_no_escape_codes_unless_it_is_a_terminal(system):
    done = system.run("--help")

    assert "\x1b" not in done.out + done.err
