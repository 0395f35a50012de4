"""What is in the packages, as dpkg and lintian see it."""
import hashlib
import platform
import re
import subprocess

import pytest

from conftest import NAMES, REPOSITORY, output

PROGRAMS = {name: f"usr/bin/{name}" for name in NAMES}


def version_of_the_project():
    return re.search(r"project\(cordon VERSION (\S+)", (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


def files_of(deb):
    return [line.split(maxsplit=5)[5].split(" -> ")[0] for line in output("dpkg-deb", "--contents", deb).splitlines()]


def test_each_program_has_its_package_and_its_debug_symbols(packages):
    version = f"{version_of_the_project()}-1~deb{platform.freedesktop_os_release()['VERSION_ID']}"
    architecture = output("dpkg", "--print-architecture").strip()

    names = {deb.name for deb in packages.debs}

    assert names == {f"{name}{kind}_{version}_{architecture}.deb" for name in NAMES for kind in ("", "-dbgsym")}


@pytest.mark.parametrize("name", NAMES)
def test_programs_are_stripped_and_their_symbols_lie_apart(packages, tmp_path, name):
    for package in (name, f"{name}-dbgsym"):
        subprocess.run(["dpkg-deb", "--extract", packages.deb(package), tmp_path], check=True)
    program = tmp_path / PROGRAMS[name]

    build_id = re.search(r"Build ID: (\S\S)(\S+)", output("readelf", "--notes", program))
    symbols = tmp_path / f"usr/lib/debug/.build-id/{build_id[1]}/{build_id[2]}.debug"

    assert not re.search(r"\.debug_info|\.symtab", output("readelf", "--sections", program))
    assert re.search(r"\.debug_info", output("readelf", "--sections", symbols))


def test_the_engine_depends_on_the_libclamav_of_the_security_suite(packages):
    built_with = output("dpkg-query", "--show", "--showformat=${Version}", "libclamav12")

    needed = re.search(r"libclamav12 \(>= (.*?)\)", packages.field("cordon-engine", "Depends"))

    assert built_with.startswith(needed[1])
    assert "security suite" in packages.field("cordon-engine", "Description")
    assert "libclamav" not in packages.field("cordon", "Depends")


def test_packages_of_different_versions_do_not_go_together(packages):
    version = packages.field("cordon", "Version")

    assert f"cordon-engine (= {version})" in packages.field("cordon", "Depends")
    assert f"cordon (= {version})" in packages.field("cordon-devcloud", "Depends")


def test_each_command_has_a_manual_page(packages, bin_dir, tmp_path):
    subprocess.run([bin_dir / "cordon", "man", tmp_path], check=True, stdout=subprocess.DEVNULL)
    printed = {page.name for page in tmp_path.iterdir()}

    packed = {file.rsplit("/", 1)[1].removesuffix(".gz") for deb in packages.three() for file in files_of(deb)
              if "/man1/" in file and not file.endswith("/")}

    assert packed == printed | {"cordon-engine.1"}


def test_signatures_that_find_nothing_but_eicar_are_not_where_real_ones_are_looked_for(packages):
    with_signatures = {name for name in NAMES for file in files_of(packages.deb(name)) if "cordon-test" in file}

    assert with_signatures == {"cordon-devcloud"}


def complaints(path):
    done = subprocess.run(["lintian", "--no-cfg", "--allow-root", "--show-overrides", path], check=False,
                          stdout=subprocess.PIPE, text=True)
    return [line for line in done.stdout.splitlines() if line[:2] in ("E:", "W:", "O:")]


def test_lintian_has_nothing_to_say(packages):
    assert complaints(packages.changes) == []


def test_lintian_sees_a_program_that_is_not_stripped(packages, altered, bin_dir):
    def put_unstripped(tree):
        (tree / "usr/bin/cordon-engine").write_bytes((bin_dir / "cordon-engine").read_bytes())

    found = complaints(altered(packages.deb("cordon-engine"), put_unstripped))

    assert any("unstripped-binary-or-object" in line for line in found)


def digests(folder):
    return {deb.name: hashlib.sha256(deb.read_bytes()).hexdigest() for deb in folder.glob("*.deb")}


def test_the_same_build_gives_the_same_packages(builds):
    first, second = (digests(build.folder) for build in builds)

    assert first == second and len(first) == 2 * len(NAMES)


def test_packages_that_differ_in_a_time_are_not_the_same(packages, altered, tmp_path):
    made_again = altered(packages.deb("cordon-engine"), lambda tree: (tree / "usr/bin/cordon-engine").touch())

    assert digests(tmp_path)[made_again.name] != digests(packages.folder)[made_again.name]
