"""A case: archives in archives, made from a seed and a number alone, with the marker in one member of the innermost one."""
import dataclasses
import random

import carriers          # noqa: F401 (these modules fill the table)
import contents
import disk_writers      # noqa: F401
import document_writers  # noqa: F401
import member_writers    # noqa: F401
import streams           # noqa: F401
import tape_writers      # noqa: F401
from workshop import ToolFailed
from writers import WRITERS

DEPTH_MAX = 4
BYTES_MAX = 6_000_000      # Of the whole: deep nests with many holes are cut to their first levels.


@dataclasses.dataclass
class Case:
    seed: int
    number: int
    levels: list[tuple[str, str]]      # From the inside out: writer, what it was told.
    left_out: list[str]                # Writers whose program would not pack what it was given.
    content: bytes

    def __str__(self):
        return f"case {self.number} of seed {self.seed}: " + " < ".join(f"{name} ({said})" for name, said in self.levels)


def random_of(seed, number):
    return random.Random(f"archives {seed} {number}")


def _wrapped(rng, chosen, payload, shop):
    """`payload` as one member among others (alone for a compressor)."""
    if chosen.holds_one:
        return chosen.make(rng, [("payload", payload)], shop)
    others = rng.choice((0, 0, 1, 2, 3, 7))
    names = contents.names(rng, others + 1, chosen.ascii_names)
    members = [(name, contents.filler(rng)) for name in names]
    at = rng.randrange(len(members))
    members[at] = (members[at][0], payload)
    return chosen.make(rng, members, shop)


def _choose(rng, writers):
    return rng.choices(writers, [one.weight for one in writers])[0]


def make(seed, number, shop, only=None):
    """`only`: names of writers to take; else all of them."""
    rng = random_of(seed, number)
    writers = [one for one in WRITERS.values() if not only or one.name in only]
    packing = [one for one in writers if one.packs] or writers
    content, levels, left_out = contents.marked(rng), [], []
    for level in range(rng.choice((1, 1, 2, 2, 3, DEPTH_MAX))):
        # Two of three begin with a writer that packs, so that a search of the outermost bytes finds nothing.
        chosen = _choose(rng, packing if level == 0 and rng.random() < 0.66 else writers)
        try:
            wrapped, said = _wrapped(rng, chosen, content, shop)
        except ToolFailed as failed:
            left_out.append(str(failed))
            continue
        if len(wrapped) > BYTES_MAX and levels:
            break
        content = wrapped
        levels.append((chosen.name, said))
    return Case(seed, number, levels, left_out, content)
