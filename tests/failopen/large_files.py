"""What the tests with large objects share."""

# The engine reads no object or member that is larger.
ENGINE_BYTES_MAX = 2_147_483_645


def sparse(path, size, head=b"", tail=b""):
    """A file of that size between `head` and `tail`; the zeros between them take no disk space."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
        file.seek(size - len(tail))
        file.write(tail)
    assert path.stat().st_size == size


def verdict(result):
    return result["result"], result["reason"]
