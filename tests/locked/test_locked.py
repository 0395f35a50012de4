"""Locked content is Unscannable(encrypted); what looks like it and is not locked is Clean."""
import pathlib
import re

import by_program
import by_specification
import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]

CASES = {**by_program.LOCKED, **by_specification.LOCKED}
TWINS = {**by_program.OPEN, **by_specification.OPEN}
assert len(CASES) == len(by_program.LOCKED) + len(by_specification.LOCKED)
assert len(TWINS) == len(by_program.OPEN) + len(by_specification.OPEN)


@pytest.mark.parametrize("name", CASES)
def test_is_unscannable_because_encrypted(name, scan, bench):
    result = scan(CASES[name](bench))

    assert (result["result"], result["reason"]) == ("Unscannable", "encrypted"), result["message"]
    assert result["message"], "a verdict that is none needs a sentence for people"
    if result["message"].startswith("encrypted: "):
        assert result["message"].removeprefix("encrypted: ") in documented_names()


@pytest.mark.parametrize("how", ["agile", "standard"])
def test_what_office_opens_with_its_own_password_is_scanned(how, scan, bench):
    marker = b"cordon-test-" + b"marker-one/7f3a"  # In pieces; signatures/README.md.
    document = by_specification.encrypted_workbook(how, content=by_specification.TEXT + marker)(bench)

    result = scan(document)

    assert result["result"] == "Infected", result["message"]


@pytest.mark.parametrize("how", ["rc4", "crypto_api", "xor"])
def test_a_workbook_that_office_opens_with_its_own_password_is_scanned(how, scan, bench):
    marker = b"cordon-test-" + b"marker-one/7f3a"
    document = by_program.encrypted_table(how, content=by_program.TEXT + marker + b"\n")(bench)

    result = scan(document)

    assert result["result"] == "Infected", result["message"]
    assert marker not in document
    bench.write("locked.xls", document)
    assert marker in by_program.soffice(bench, "csv", "locked.xls").read_bytes(), "LibreOffice knows the password too"


@pytest.fixture(scope="session")
def set_with_password(tmp_path_factory):
    """The test signatures and the password "secret"."""
    folder = tmp_path_factory.mktemp("signatures")
    for name in ["cordon-test.ndb", "cordon-test.hdb"]:
        (folder / name).write_bytes((PROJECT / "signatures" / name).read_bytes())
    (folder / "own.pwdb").write_text("Test.Zip;Engine:81-255,Container:CL_TYPE_ZIP;0;secret\n")
    return folder


@pytest.mark.parametrize("command, verdict", [
    ("zip -q -P secret z.zip a.txt mail.txt", ("Clean", None)),
    ("zip -q -P secret z.zip a.txt marker", ("Infected", None)),
    ("zip -q -P secret z.zip a.txt && zip -q -P other z.zip mail.txt", ("Unscannable", "encrypted")),
    ("7z a -tzip -mem=AES256 -psecret z.zip a.txt", ("Unscannable", "encrypted")),
])
def test_a_password_of_the_signature_set_opens_a_zip(command, verdict, scan, bench, set_with_password):
    bench.write("marker", by_specification.TEXT + b"cordon-test-" + b"marker-one/7f3a")

    result = scan(by_program.packed(command, "z.zip")(bench), set_with_password)

    assert (result["result"], result["reason"]) == verdict, result["message"]


def documented_names():
    """The first column of the table in docs/formats/verdicts.md."""
    text = (PROJECT / "docs/formats/verdicts.md").read_text().split("## Locked content")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]*) \|", text, re.M)[2:]
    return [name for row in rows for name in row.split(", ")]


def test_every_documented_name_is_one_that_the_program_gives():
    sources = "".join(path.read_text() for path in (PROJECT / "src/clamav").glob("*.cc"))

    assert len(documented_names()) >= 20
    assert [name for name in documented_names() if f'"{name}"' not in sources] == []


@pytest.mark.parametrize("name", TWINS)
def test_is_clean_because_nothing_is_locked(name, scan, bench):
    result = scan(TWINS[name](bench))

    assert (result["result"], result["reason"]) == ("Clean", None), result["message"]


@pytest.mark.parametrize("name", ["gpg-password", "openssl-cms-der", "kdbx-4", "qpdf-aes-256"])
@pytest.mark.parametrize("container", ["zip", "tar.gz"])
def test_is_seen_inside_an_archive(name, container, scan, bench):
    content = CASES[name](bench)
    packed = by_program.zip_of(content) if container == "zip" else by_program.tar_gz_of(content)

    result = scan(packed)

    assert (result["result"], result["reason"]) == ("Unscannable", "encrypted"), result["message"]
