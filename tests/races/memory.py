"""What every owner wrote, and when: the memory that the judge compares with what is there in the end.

Owners write to one place one after the other, each under the place's lock, so what they wrote last is known; agents come in
between as they like.
"""
import collections
import contextlib
import dataclasses
import threading
import time


@dataclasses.dataclass(frozen=True)
class Bucket:
    """A bucket and what it is to Cordon."""
    name: str
    is_versioned: bool
    kind: str                     # "protected", "foreign" (not protected), "destination" (not protected, a route leads there)
    moves_clean_to: str = ""      # bucket/prefix/ of the route of the clean
    moves_infected_to: str = ""   # of the infected; empty: into quarantine
    takes: str = "Clean"          # the verdict that a route brings here
    account: str = ""             # of another account; empty: ours


@dataclasses.dataclass
class Written:
    """One state of an object, as its owner wants it."""
    content: object
    tags: dict
    at: tuple                            # when its bytes came: begin and end of the call
    metadata: dict = dataclasses.field(default_factory=dict)
    tagged_at: tuple = None              # when its owner gave it other tags; None: never
    is_gone: bool = False                # its owner deleted it

    def touched(self, tags, begin):
        self.tags, self.tagged_at = tags, (begin, time.time())


class Memory:
    """By bucket, key and version ("null" in a bucket without versions). Threads: any, a place only under its lock."""

    def __init__(self):
        self._places = collections.defaultdict(threading.RLock)
        self._lock = threading.Lock()
        self.states = {}                 # (bucket, key, version) -> Written
        self.latest = {}                 # (bucket, key) -> version that owners see as current; None: a delete marker
        self.owned_at = {}               # (bucket, key) -> when an owner wrote or deleted there last
        self.restored = set()            # (bucket, key) to which something was put back out of quarantine
        self.counts = collections.Counter()

    @contextlib.contextmanager
    def place(self, *places):
        """Holds these places; always in the same order, so that two owners never wait for each other."""
        with self._lock:
            locks = [self._places[place] for place in sorted(set(places))]
        with contextlib.ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            yield

    def wrote(self, bucket, key, version, written):
        self.states[bucket.name, key, version] = written
        self.latest[bucket.name, key] = version
        self.owned_at[bucket.name, key] = time.time()
        self.counts["written"] += 1

    def deleted(self, bucket, key, version=None):
        """The current one, or with a version this one for ever."""
        if version is None:
            if not bucket.is_versioned and (bucket.name, key, "null") in self.states:
                self.states[bucket.name, key, "null"].is_gone = True
            self.latest[bucket.name, key] = None
        elif (bucket.name, key, version) in self.states:
            self.states[bucket.name, key, version].is_gone = True
        self.owned_at[bucket.name, key] = time.time()
        self.counts["deleted"] += 1

    def current(self, bucket, key):
        """What its owner put there last; None: nothing, or he deleted it."""
        version = self.latest.get((bucket.name, key))
        written = self.states.get((bucket.name, key, version)) if version else None
        return None if written is None or written.is_gone else written
