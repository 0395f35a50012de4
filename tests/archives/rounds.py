"""A round: cases are made, scanned and judged, in chunks, so that disk and memory hold few of them at a time."""
import collections
import concurrent.futures
import dataclasses
import pathlib
import shutil
import tempfile

import cases
import damage
import oracle
from scans import PROCESSES, verdict_of
from workshop import Workshop
from writers import WRITERS

CHUNK = 500
REFUSALS_SHOWN = 12
# A refusal for these reasons is an honest answer to an archive (docs/formats/verdicts.md); one for lack of time, space or a
# password is not: no case has any of that.
REFUSALS = {"Unscannable:unsupported", "Unscannable:coverage", "Unscannable:limit"}


@dataclasses.dataclass
class Failure:
    what: str
    case: str
    kept: pathlib.Path

    def __str__(self):
        return f"{self.what}\n    {self.case}\n    kept: {self.kept}"


@dataclasses.dataclass
class Round:
    """What a round found."""
    verdicts: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    by_writer: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(collections.Counter))
    of_open_kinds: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    refused_because: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    left_out: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    failures: list = dataclasses.field(default_factory=list)

    def infected_share(self):
        """Of the cases without a format that may always be refused."""
        return self.of_open_kinds["Infected"] / max(1, sum(self.of_open_kinds.values()))

    def count(self, verdict, message, names):
        self.verdicts[verdict] += 1
        for name in set(names):
            self.by_writer[name][verdict] += 1
        if not any(WRITERS[name].closed for name in names):
            self.of_open_kinds[verdict] += 1
            if verdict in REFUSALS:
                self.refused_because[message] += 1

    def cases(self):
        return sum(self.verdicts.values())

    def add(self, other):
        self.verdicts += other.verdicts
        self.of_open_kinds += other.of_open_kinds
        self.refused_because += other.refused_because
        self.left_out += other.left_out
        for name, counts in other.by_writer.items():
            self.by_writer[name] += counts
        self.failures += other.failures

    def table(self):
        """One line a writer: how often what it was part of got which verdict."""
        lines = [f"{name:24}" + "  ".join(f"{verdict} {count}" for verdict, count in sorted(counts.items()))
                 for name, counts in sorted(self.by_writer.items())]
        lines += [f"refused, {count} times: {message}" for message, count in self.refused_because.most_common(REFUSALS_SHOWN)]
        lines += [f"not packed, {count} times: {message}" for message, count in self.left_out.most_common(REFUSALS_SHOWN)]
        lines.append(f"Infected of what may not always be refused: {self.infected_share():.1%}")
        return "\n".join([*lines, "all: " + "  ".join(f"{verdict} {count}" for verdict, count in self.verdicts.most_common())])


def _make(job):
    """In a process of its own: makes some cases and leaves them as files. [(path, description, writers, left out)]."""
    seed, numbers, directory, with_damage, only = job
    made = []
    with Workshop() as shop:
        for number in numbers:
            case = cases.make(seed, number, shop, only)
            content, said = case.content, str(case)
            if with_damage:
                content, how = damage.damaged(cases.random_of(seed, f"{number} damage"), content)
                said += f"; {how}"
            path = pathlib.Path(directory) / f"{seed}-{number}{'-damaged' if with_damage else ''}"
            path.write_bytes(content)
            made.append((str(path), said, [name for name, _ in case.levels], case.left_out))
    return made


def _fault(verdict, path, with_damage, directory):
    """What is wrong with this verdict, or None."""
    if verdict.split(":")[0] in ("none", "Error"):
        return verdict
    if verdict == "Clean":
        if not with_damage:
            return "Clean, with the marker in it"
        way = oracle.way_to_marker(pathlib.Path(path).read_bytes(), directory / f"unpacked-{pathlib.Path(path).name}")
        return None if way is None else "Clean, and the marker comes out by " + " > ".join(way or ["reading it"])
    if not with_damage and verdict != "Infected" and verdict not in REFUSALS:
        return f"{verdict}, for an archive that is whole"
    return None


def play(program, seed, first, count, keep, with_damage, only=None, log=print):
    """Judges the cases `first` to `first + count` of `seed`. What fails stays in `keep`."""
    done, keep = Round(), pathlib.Path(keep)
    with concurrent.futures.ProcessPoolExecutor(PROCESSES) as pool:
        for start in range(first, first + count, CHUNK):
            numbers = range(start, min(start + CHUNK, first + count))
            with tempfile.TemporaryDirectory(prefix="archives-") as directory:
                jobs = [(seed, numbers[i::PROCESSES], directory, with_damage, only) for i in range(PROCESSES)]
                made = [one for part in pool.map(_make, jobs) for one in part]
                results = program.scan([path for path, *_ in made])
                _judge(done, made, results, with_damage, pathlib.Path(directory), keep, log)
    return done


def _judge(done, made, results, with_damage, directory, keep, log):
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:      # The oracle waits for programs.
        faults = list(pool.map(lambda path: _fault(verdict_of(results[path]), path, with_damage, directory), [path for path, *_ in made]))
    for (path, said, writers, left_out), fault in zip(made, faults):
        done.left_out.update(left_out)
        result = results[path]
        done.count(verdict_of(result), result["message"], writers)
        if fault is not None:
            keep.mkdir(parents=True, exist_ok=True)
            kept = pathlib.Path(shutil.copy(path, keep))
            done.failures.append(Failure(f"{fault} ({result['message']})", said, kept))
            log(str(done.failures[-1]), flush=True)
