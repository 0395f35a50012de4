"""What is put into archives: the marker of the test signatures, ordinary members around it, and names for them."""

# In pieces, so that the sources of this test are never what a scan of them reports.
MARKER = b"cordon-test-" + b"marker-one/" + b"7f3a"

WORDS = ("report summary invoice picture archive table letter notes draft plan budget minutes contract offer index "
         "delivery customer number price total paper order stock house river morning window garden").split()
FOLDERS = ("", "", "", "a/", "docs/", "docs/old/", "very/deep/folder/of/things/", "x y/")
STEMS = ("readme", "data", "Report 2024", "a", "invoice-final-v2", "übersicht", "файл", "テスト", "x" * 90, "IMG_0001")
ENDINGS = (".txt", ".bin", ".dat", "", ".log", ".csv", ".json", ".exe", ".jpg", ".TXT")
SMALL, LARGE = 400, 150_000


def text(rng, size):
    """Lines of words, `size` bytes of them: packs well, as most documents do."""
    lines = [" ".join(rng.choices(WORDS, k=9)) for _ in range(12)]
    block = "\n".join(lines).encode() + b"\n"
    return (block * (size // len(block) + 1))[:size]


def _size(rng):
    return rng.choice((rng.randrange(1, SMALL), rng.randrange(SMALL, 9_000), rng.randrange(9_000, LARGE)))


def filler(rng):
    """The content of a member that nobody looks for."""
    kind = rng.randrange(8)
    if kind == 0:
        return b""
    if kind == 1:
        return bytes(rng.choice((4096, 20_480, 131_072)))     # A hole, where a writer knows of holes.
    if kind < 4:
        return rng.randbytes(_size(rng))
    return text(rng, _size(rng))


def marked(rng):
    """A file with the marker in it, at its beginning, at its end or anywhere, also between holes."""
    before, after = rng.choice(((0, 0), (1, 1), (0, 1), (1, 0)))
    kind = rng.randrange(5)
    make = rng.randbytes if kind == 0 else lambda size: text(rng, size)
    content = (make(_size(rng)) if before else b"") + MARKER + (make(_size(rng)) if after else b"")
    if kind == 1:
        content = text(rng, 512) + bytes(65_536) + content + bytes(65_536) + b"end\n"
    return content


def names(rng, count, ascii_only=False):
    """`count` different paths; some writers take plain ASCII only."""
    found = []
    while len(found) < count:
        stem = rng.choice(STEMS)
        if ascii_only and (not stem.isascii() or len(stem) > 40):
            continue
        name = f"{rng.choice(FOLDERS)}{stem}{rng.choice(('', str(len(found))))}{rng.choice(ENDINGS)}"
        # A file may not have the path of another one's folder.
        if name not in found and not any(o.startswith(name + "/") or name.startswith(o + "/") for o in found):
            found.append(name)
    return found
