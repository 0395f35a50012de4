"""The writers of archives, one table of them: who can pack several members, and who packs one stream.

A writer is a function (rng, members, shop) -> (archive, what was done). `members` are (path, bytes) in the order in which
they are to stand; `shop` runs programs (workshop.py).
"""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Writer:
    name: str
    make: typing.Callable
    weight: int          # How often it is taken, against the others.
    holds_one: bool      # A compressor: one stream, no names.
    packs: bool          # What it holds is not found by a search of the archive's bytes.
    ascii_names: bool    # Names that are longer or foreign are none of its business.
    closed: bool         # A kind that may be refused always: nobody here need open it.


WRITERS: dict[str, Writer] = {}


def writer(weight=4, holds_one=False, packs=False, ascii_names=False, closed=False):
    """Registers the function below under its own name, with a hyphen for each underscore."""
    def register(make):
        name = make.__name__.replace("_", "-")
        assert name not in WRITERS, name
        WRITERS[name] = Writer(name, make, weight, holds_one, packs, ascii_names, closed)
        return make
    return register


def pick(rng, choices):
    """One of `choices`, most of the time; a weighted choice where they are (weight, value)."""
    return rng.choice(choices)


def some(rng, options, chance=0.3):
    """Each option (a list of arguments) with this chance, in order."""
    return [argument for option in options if rng.random() < chance for argument in option]
