"""`cordon scan file`: the same engine without a cloud, and exit codes that scripts rely on."""
import json

import pytest

from harness import samples

CASES = {"clean": (samples.clean, 0, "Clean"), "infected": (samples.eicar, 1, "Infected"),
         "nested": (samples.infected_zip, 1, "Infected"), "encrypted": (samples.encrypted_zip, 3, "Unscannable"),
         "empty": (lambda: b"", 0, "Clean")}


@pytest.mark.only_on("devcloud", reason="no cloud is needed, once is enough")
@pytest.mark.parametrize("make, code, verdict", CASES.values(), ids=CASES.keys())
def test_one_file(system, make, code, verdict):
    path = system.folder / "file with space"
    path.write_bytes(make())

    done = system.run("scan", "file", "--signatures", system.signatures, "--json", path)

    assert done.code == code, done
    result, = done.json_lines()
    assert (result["result"], result["path"], result["bucket"], result["key"]) == (verdict, str(path), None, None)
    assert result["schema"] == "cordon.scan-result/1" and result["source"] == "cli"


@pytest.mark.only_on("devcloud", reason="no cloud is needed, once is enough")
def test_several_files_end_with_the_worst(system):
    paths = []
    for name, make in (("a", samples.clean), ("b", samples.eicar)):
        paths.append(system.folder / name)
        paths[-1].write_bytes(make())

    done = system.run("scan", "file", "--signatures", system.signatures, "--json", *paths)

    assert done.code == 1
    assert [json.loads(line)["result"] for line in done.out.splitlines()] == ["Clean", "Infected"]


@pytest.mark.only_on("devcloud", reason="no cloud is needed, once is enough")
def test_a_file_that_is_not_there(system):
    done = system.run("scan", "file", "--signatures", system.signatures, system.folder / "missing")

    assert done.code in (4, 5) and "missing" in done.err
