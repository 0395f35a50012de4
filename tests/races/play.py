"""One round: owners at work for so long, then rest, then judgement."""
import collections
import dataclasses
import json
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse
from datetime import datetime

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "e2e"), str(FOLDER.parent / "peers")]

import peer as peers  # noqa: E402
import world as worlds  # noqa: E402
from contents import Contents  # noqa: E402
from judge import Judge  # noqa: E402
from memory import Memory  # noqa: E402
from owners import KEYS, Owner  # noqa: E402

OWNERS = 6
PROGRESS_SECONDS = 10
DRAIN_SECONDS_MAX = 600
SECONDS_BETWEEN = {"sweep": (4, 8), "restore": (1, 4), "kill": (8, 20), "watch": (10, 30)}
WATCHED_MAX = 4
SECONDS_OF_WHAT_WAS_PASSED, SECONDS_OF_A_REPORT, SECONDS_OF_A_SLOW_REPORT = 0.5, 0.02, 2.0
SECONDS_FROM_SCAN_TO_DEATH = 3.0


@dataclasses.dataclass
class Round:
    seed: int
    problems: list
    counts: collections.Counter

    def table(self):
        rows = "  ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(self.counts.items()))
        lost, bound = self.counts["tags lost"], self.counts["tags written at an agent's moment"]
        return f"seed {self.seed}: {len(self.problems)} problems; owners lost the tags of {lost} objects (at most {bound}); {rows}"


class Helpers:
    """What goes on beside the owners: sweeps, people who restore, agents that die, buckets that are marked."""

    def __init__(self, world, memory, dice, failures):
        self.world, self.memory, self.dice, self.failures = world, memory, dice, failures
        self.stopped = threading.Event()
        self.watched = 0
        self.threads = [threading.Thread(target=self._repeat, args=(name, act, random.Random(dice.random())), daemon=True)
                        for name, act in (("sweep", self._sweep), ("restore", self._restore), ("kill", self._kill),
                                          ("watch", self._watch), ("look", self._look))]

    def _repeat(self, name, act, dice):
        try:
            while not self.stopped.wait(dice.uniform(*SECONDS_BETWEEN.get(name, (0.05, 0.2)))):
                act(dice)
        except Exception as problem:   # pylint: disable=broad-except
            self.failures.append(f"{name}: {type(problem).__name__}: {problem}")

    def _sweep(self, dice):
        done = self.world.system.run("sweep", "--grace", dice.choice(("0s", "2s")), "--json")
        # Objects go away while it looks; anything else is told.
        assert done.code == 0, done
        self.memory.counts["sweeps"] += 1

    def _restore(self, dice):
        listed = self.world.system.run("quarantine", "list", "--json", "--limit", "200")
        assert listed.code == 0, listed
        entries = listed.json_lines()
        if not entries:
            return
        entry = dice.choice(entries)
        # Before it is there: whoever judges in between must know.
        self.memory.restored.add((entry["bucket"], entry["key"]))
        more = ["--overwrite"] if dice.random() < 0.3 else []
        done = self.world.system.run("quarantine", "restore", entry["id"], "--allow", "once", *more)
        assert done.code in (0, 4, 5), done   # 4: the place is taken, 5: another one was quicker.
        self.memory.counts["restores" if done.code == 0 else "restores refused"] += 1

    def _kill(self, dice):
        self.world.kill_an_agent(dice.randrange(2))
        self.memory.counts["kills"] += 1

    def _watch(self, dice):
        if self.watched < WATCHED_MAX:
            self.watched += 1
            self.world.add_watched(self.watched)
            self.memory.counts["watched"] += 1

    def _look(self, dice):
        """What readers of production get, at any moment."""
        key = "in/" + dice.choice(KEYS)
        try:
            body = self.world.s3.get_object(Bucket=worlds.PRODUCTION.name, Key=key)["Body"].read()
        except self.world.s3.exceptions.NoSuchKey:
            return
        self.memory.counts["looks"] += 1
        content = self.contents.of_body(body)
        if content is None or content.is_harmful:
            self.failures.append(f"a reader of production got {content or 'what nobody wrote'} as {key!r}")

    contents = None


def play(bin_dir, seed, seconds, folder=None, say=print):
    """Plays one round. Whatever is wrong is in `problems`."""
    with tempfile.TemporaryDirectory(prefix="races-") as temporary:
        folder = pathlib.Path(folder or temporary)
        # Its log tells in which order requests came; it is kept with a round that has problems.
        with peers.running("devcloud", pathlib.Path(bin_dir), folder / "devcloud.log", ("--log-level", "debug")) as endpoint:
            return _play_on(endpoint, folder, bin_dir, seed, seconds, say)


def _play_on(endpoint, folder, bin_dir, seed, seconds, say):
    dice = random.Random(seed)
    world, memory, contents, failures = worlds.World(endpoint, folder, bin_dir, dice), Memory(), Contents(), []
    try:
        world.build()
        before = world.settings_documents()
        owners = [Owner(world, memory, contents, f"{seed}-{number}", failures) for number in range(OWNERS)]
        helpers = Helpers(world, memory, dice, failures)
        helpers.contents = contents
        _live(world, memory, owners, helpers, failures, seconds, say)
        say(f"seed {seed}: owners stop; {world.backlog()} messages are left")
        try:
            world.drain(DRAIN_SECONDS_MAX)
        except AssertionError as problem:
            failures.append(str(problem))
        return _judge(world, memory, contents, failures, seed, before)
    finally:
        world.stop()


def _live(world, memory, owners, helpers, failures, seconds, say):
    threads = [owner.thread for owner in owners] + helpers.threads
    for thread in threads:
        thread.start()
    end, next_word = time.monotonic() + seconds, time.monotonic() + PROGRESS_SECONDS
    while time.monotonic() < end and not failures:
        time.sleep(0.2)
        if time.monotonic() >= next_word:
            next_word += PROGRESS_SECONDS
            say(f"{memory.counts['written']} written, {memory.counts['send_forged']} forged messages, {memory.counts['kills']} kills, "
                f"{memory.counts['sweeps']} sweeps, {memory.counts['restores']} restores, backlog {world.backlog()}")
    for owner in owners:
        owner.stopped.set()
    helpers.stopped.set()
    for thread in threads:
        thread.join(120)
        if thread.is_alive():
            failures.append(f"{thread.name} does not end")


def _judge(world, memory, contents, failures, seed, before):
    there = {bucket.name: worlds.snapshot(world.client(bucket), bucket.name) for bucket in world.buckets}
    quarantine = worlds.snapshot(world.s3, world.quarantine)
    results = world.system.results()
    moments = passages(folder_logs(world.folder), results, world.killed_at,
                       tag_writes((world.folder / "devcloud.log").read_text(errors="replace")))
    judge = Judge(memory, contents, world.buckets, there, quarantine, moments)
    judge.look_at_everything()
    judge.look_at_what_is_not_protected()
    judge.look_for_what_was_written()
    judge.look_at_results(results)
    judge.look_at_dead_letters(world.dead_letters())
    problems = failures + judge.problems + world.wrong_with_documents(before)
    return Round(seed, problems, memory.counts + judge.counts)


def folder_logs(folder):
    return [path.read_text(errors="replace") for path in sorted(folder.glob("agent-*.log"))]


def tag_writes(log):
    """By bucket and key: when the cloud was asked to set tags there, by its log of requests."""
    found = collections.defaultdict(list)
    for line in log.splitlines():
        if '"method":"PUT"' not in line or '"query":"tagging' not in line:
            continue
        said = json.loads(line)
        bucket, _, key = urllib.parse.unquote(said["path"]).removeprefix("/").partition("/")
        found[bucket, key].append(_seconds(said["time"]))
    return found


def passages(logs, results=(), killed_at=(), tagged=()):
    """By bucket and key: when agents may have been between their read of the tags and their last look at them, and at what."""
    found, results = collections.defaultdict(list), {result["id"]: result for result in results}
    for line in "\n".join(logs).splitlines():
        if '"object.' not in line:
            continue
        try:
            said = json.loads(line)
        except ValueError:
            continue   # Cut by a kill.
        at = re.match(r"s3://([^/]+)/(.*?)(?:[?]versionId=[^?]*)?$", said.get("object", ""), re.DOTALL)
        if at:
            end, result = _seconds(said["time"]), results.get(said.get("id"), {})
            # Its result is published in between; what was passed does not say how long it took.
            took = said["act_ms"] / 1000 if "act_ms" in said else SECONDS_OF_WHAT_WAS_PASSED
            begin = end - took - SECONDS_OF_A_REPORT
            # A report takes longer where everything does. No tags are read before the scan, which some are spared.
            scanned = _seconds(result["scannedAt"]) if "scannedAt" in result else begin
            begin = min(begin, max(scanned, begin - SECONDS_OF_A_SLOW_REPORT))
            found[at.group(1), at.group(2)].append((begin, end + 0.01, result.get("eTag")))
    # What an agent was at when it died it tells nobody.
    return Passages(found, killed_at, dict(tagged))


def _seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Passages:
    def __init__(self, by_place, killed_at=(), tagged=()):
        self.tag_writes = dict(tagged)
        self._by_place, self._killed_at = by_place, list(killed_at)
        self._anywhere = [(at - SECONDS_OF_WHAT_WAS_PASSED, at + SECONDS_OF_WHAT_WAS_PASSED, None) for at in self._killed_at]

    def get(self, place, default=()):
        return [*self._by_place.get(place, default), *self._anywhere]

    def died_with(self, tags):
        """The moments of agents that died soon after they had scanned what has these tags."""
        scanned = tags.get("date-scanned")
        begin = _seconds(scanned) if scanned else None
        return [(begin, at + SECONDS_OF_WHAT_WAS_PASSED, None) for at in self._killed_at
                if begin is not None and begin <= at <= begin + SECONDS_FROM_SCAN_TO_DEATH]


def play_and_keep(bin_dir, seed, seconds, keep):
    """As `play`; the logs of a round with problems stay below `keep`."""
    folder = pathlib.Path(keep) / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = play(bin_dir, seed, seconds, folder, lambda line: print(line, flush=True))
    if done.problems:
        (folder / "problems.txt").write_text("\n".join([done.table(), *done.problems]) + "\n")
    else:
        shutil.rmtree(folder)
    return done
