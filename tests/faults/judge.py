"""What has to be true after faults. Pure: everything that it looks at is given."""
import dataclasses

VERDICT_SECONDS_MAX = 60
# A message that failed once waits for 20 to 30 s, twice 40 to 50 s, three times 80 to 90 s. During one fault agents pause, so that hardly
# anything fails twice; but of several that follow each other an object may meet three.
VERDICT_SECONDS_MAX_OF_MANY = 180
MEMORY_MB_MORE, MEMORY_SHARE_MORE = 10, 0.15
# Of what each thread may keep open for its next request: a connection, and what wakes its transfer.
DESCRIPTORS_A_THREAD = 3


@dataclasses.dataclass(frozen=True)
class Reading:
    """Of an agent's own process, not of its engine."""
    memory_mb: float
    descriptors: int
    threads: int
    ended: str = ""

    def __str__(self):
        return self.ended or f"{self.memory_mb:.1f} MB, {self.descriptors} descriptors, {self.threads} threads"


@dataclasses.dataclass
class Played:
    """What a fault was like."""
    names: tuple
    seconds: float
    uploads: int
    met: dict            # by name: how often
    said: dict           # by name: whether the log said so; not of faults that need not be told of
    last_verdict: float  # seconds after its end until everything that was uploaded meanwhile had its verdict; below 0: before
    retries: int
    memory_mb: float


@dataclasses.dataclass
class Outcome:
    """What there is in the end."""
    uploads: dict                # by key: Upload
    there: dict                  # by key: (etag, verdict by its tags); in the bucket
    quarantined: dict            # the same, in quarantine
    results: dict                # by key: set of verdicts that were reported
    verdict_seconds: float       # from the end of the last fault until the last verdict
    verdict_seconds_max: float
    is_at_rest: bool             # no message is left, and no result on its way
    dead_letters: int
    before: list                 # of Reading, one for each agent
    after: list
    are_ready: bool
    played: list                 # of Played


def judge(outcome):
    """What is wrong, a sentence each."""
    return [*_uploads(outcome), *_rest(outcome), *_agents(outcome), *_faults(outcome)]


def _uploads(outcome):
    for key, upload in outcome.uploads.items():
        yield from _upload(outcome, key, upload)
    for key in outcome.quarantined.keys() - outcome.uploads.keys():
        yield f"{key}: it is in quarantine, and nobody uploaded it"


def _upload(outcome, key, upload):
    is_bad = upload.verdict == "Infected"
    place, other = (outcome.quarantined, outcome.there) if is_bad else (outcome.there, outcome.quarantined)
    if key in other:
        yield f"{key}: it is {'still in the bucket' if is_bad else 'in quarantine'}, and is {upload.verdict}"
    if key not in place:
        yield f"{key}: it is lost"
        return
    etag, verdict = place[key]
    if etag != upload.etag:
        yield f"{key}: its bytes are others"
    if verdict != upload.verdict:
        yield f"{key}: its tags say {verdict}, and it is {upload.verdict}"
    if outcome.results.get(key, set()) != {upload.verdict}:
        yield f"{key}: reported was {sorted(outcome.results.get(key, set())) or 'nothing'}, and it is {upload.verdict}"


def _rest(outcome):
    if not outcome.is_at_rest:
        yield "it never came to rest"
    if outcome.verdict_seconds > outcome.verdict_seconds_max:
        yield f"it took {outcome.verdict_seconds:.0f} s until the last verdict; {outcome.verdict_seconds_max} s are allowed"
    if outcome.dead_letters:
        yield f"{outcome.dead_letters} dead letters"


def _agents(outcome):
    if not outcome.are_ready:
        yield "an agent is not ready again"
    for number, (before, after) in enumerate(zip(outcome.before, outcome.after), 1):
        if after.ended:
            yield f"agent {number} {after.ended}"
            continue
        if after.memory_mb > before.memory_mb + max(MEMORY_MB_MORE, MEMORY_SHARE_MORE * before.memory_mb):
            yield f"agent {number} has {after.memory_mb:.1f} MB, and had {before.memory_mb:.1f} MB"
        if after.threads > before.threads:
            yield f"agent {number} has {after.threads} threads, and had {before.threads}"
        if after.descriptors > before.descriptors + DESCRIPTORS_A_THREAD * before.threads:
            yield f"agent {number} has {after.descriptors} open descriptors, and had {before.descriptors}"


def _faults(outcome):
    for played in outcome.played:
        for name, met in played.met.items():
            if met == 0:
                yield f"{name}: nobody met it"
        for name, said in played.said.items():
            if not said:
                yield f"{name}: no log names it"
