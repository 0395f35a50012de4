"""Whether ordinary unpackers still get the marker out of a file: bsdtar, 7-Zip, unzip and the programs for one stream each.

Slow and only asked about the few files that were called Clean.
"""
import email
import os
import pathlib
import re
import shutil
import subprocess

import contents

DEPTH_MAX = 6
SECONDS_MAX = 20
BYTES_MAX = 200_000_000
FILES_MAX = 400
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/dev/null"}

STREAMS = {b"\x1f\x8b": ["gzip", "-dc"], b"BZh": ["bzip2", "-dc"], b"\xfd7zXZ": ["xz", "-dc"], b"\x28\xb5\x2f\xfd": ["zstd", "-qdc"],
           b"\x04\x22\x4d\x18": ["lz4", "-qdc"], b"LZIP": ["lzip", "-dc"], b"\x1f\x9d": ["gzip", "-dc"], b"\x5d\0": ["xz", "-dc", "-Flzma"]}
NO_ARCHIVE = b"does not look like a tar archive"
CPIO_MARKS = (b"0707", b"\xc7\x71", b"\x71\xc7")
SKIPPED = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")      # A frame without content, which either of two may begin with.
SKIPPED_BY = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
UNPACKERS = (["bsdtar", "--no-same-permissions", "--no-same-owner", "-xf", "{file}"], ["7zz", "x", "-y", "-bd", "-pnone", "{file}"],
             ["unzip", "-qq", "-o", "-P", "none", "{file}"], ["arj", "x", "-i", "-y", "{file}"],
             ["sh", "-c", "cpio -i --quiet -d --no-absolute-filenames < '{file}'"],
             ["sh", "-c", "ar x '{file}'"], ["tar", "-xf", "{file}", "--ignore-zeros", "--no-same-owner"])


# What 7-Zip finds by searching a file for the beginning of a compressed stream is no member of anything.
ONE_STREAM = re.compile(rb"(?ms)^Type = (?:gzip|bzip2|xz|zstd|lzma|lzma86|Z|lz4)$.*?^Offset = [1-9]")


def _finds_a_stream_inside(path, directory):
    return ONE_STREAM.search(_run(["7zz", "l", "-slt", "-pnone", path], directory)) is not None


def _run(command, directory):
    try:
        done = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS_MAX,
                              env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return b""
    if NO_ARCHIVE in done.stderr:      # And yet it goes on, with whatever looks like a header further behind.
        shutil.rmtree(directory)
        directory.mkdir()
    return done.stdout


def _attachments(content):
    if content.startswith(b"From "):
        for mail in re.split(rb"(?m)^(?=From \S+@)", content):
            yield from _attachments(mail.partition(b"\n")[2])
        return
    if b"MIME-Version" not in content[:20_000] and b"Content-Type" not in content[:20_000]:
        return
    for part in email.message_from_bytes(content).walk():
        data = part.get_payload(decode=True)
        if data:
            yield "an attachment", data


def _members(path, content, directory):
    """(how, content) of everything that any unpacker finds, also in a file that it complains about."""
    skipped = SKIPPED.match(content) is not None
    for magic, command in STREAMS.items():
        if content.startswith(magic) or (skipped and magic in SKIPPED_BY):
            # gzip and its like look at names: they are given the bytes alone.
            yield command[0], _run(["sh", "-c", f"{' '.join(command)} < '{path}'"], directory)
    yield from _attachments(content)
    for at, command in enumerate(UNPACKERS):
        if command[0] == "7zz" and _finds_a_stream_inside(path, directory):
            continue
        # cpio looks for something like a header in whatever it is given.
        if "cpio" in command[-1] and not content.startswith(CPIO_MARKS):
            continue
        place = directory / f"unpacker{at}"
        place.mkdir()
        _run([word.replace("{file}", str(path)) for word in command], place)
        seen = 0
        for root, folders, files in os.walk(place):
            for folder in folders:
                (pathlib.Path(root) / folder).chmod(0o755)
            for name in files:
                member = pathlib.Path(root) / name
                if member.is_symlink() or not member.is_file() or member.stat().st_size > BYTES_MAX:
                    continue
                seen += 1
                if seen <= FILES_MAX:
                    yield f"{command[0]}: {name}", member.read_bytes()
        shutil.rmtree(place, ignore_errors=True)


def way_to_marker(content, directory, depth=0, seen=None):
    """How the marker is reached, as a list of steps; None when no unpacker gets there."""
    if contents.MARKER in content:
        return []
    seen = seen if seen is not None else set()
    if depth >= DEPTH_MAX or not content or content in seen:
        return None
    seen.add(content)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "archive"
    path.write_bytes(content)
    try:
        for at, (how, member) in enumerate(_members(path, content, directory)):
            way = way_to_marker(member, directory / f"member{at}", depth + 1, seen)
            if way is not None:
                return [how, *way]
        return None
    finally:
        shutil.rmtree(directory, ignore_errors=True)
