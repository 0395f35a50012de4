"""What happens to files on their way: bits flip, the end is lost, a part is missing, doubled, overwritten or inserted."""

WAYS = ("flip", "flip", "cut", "cut", "insert", "remove", "zeros", "double")


def damaged(rng, content):
    """(the damaged content, what was done). Never the same bytes."""
    way = rng.choice(WAYS)
    size = len(content)
    at = rng.randrange(size)
    length = min(rng.choice((1, 4, 16, 512, 4096)), size - at)
    if way == "flip":
        out = bytearray(content)
        places = {rng.randrange(size) for _ in range(rng.choice((1, 1, 2, 8, 40)))}
        for place in places:
            out[place] ^= 1 << rng.randrange(8)
        return bytes(out), f"{len(places)} bits flipped, the first at {min(places)}"
    if way == "cut":
        at = rng.choice((at, size - min(size - 1, rng.randrange(1, 40))))
        return content[:max(1, at)], f"cut at {at} of {size}"
    if way == "insert":
        return content[:at] + rng.randbytes(length) + content[at:], f"{length} bytes inserted at {at}"
    if way == "remove":
        return content[:at] + content[at + length:] or b"\0", f"{length} bytes removed at {at}"
    if way == "zeros":
        zeroed = content[:at] + bytes(length) + content[at + length:]
        return (zeroed, f"{length} zeros at {at}") if zeroed != content else (content + b"\0", "a zero behind the end")
    return content[:at + length] + content[at:], f"{length} bytes doubled at {at}"
