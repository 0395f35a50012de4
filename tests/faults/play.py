"""One round: faults under load, one after another, then rest, then judgement."""
import concurrent.futures
import contextlib
import dataclasses
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "e2e"), str(FOLDER.parent / "peers")]

import faults as known  # noqa: E402
import peer as peers  # noqa: E402
import world as worlds  # noqa: E402
from harness.system import eventually  # noqa: E402
from judge import VERDICT_SECONDS_MAX, VERDICT_SECONDS_MAX_OF_MANY, Outcome, Played, judge  # noqa: E402
from load import A_SECOND, Load  # noqa: E402

WARM_SECONDS = 2
# Between two faults, until agents have found out that it is over: else the next one meets nobody.
READY_SECONDS_MAX, PAUSE_SECONDS = 10, 0.3
# How much longer a fault lasts while nobody has noticed it.
NOTICE_SECONDS_MAX = 60
REST_SECONDS_MAX, SETTLE_SECONDS_MAX = 300, 90
JUDGED_AT_A_TIME = 8


@dataclasses.dataclass
class Round:
    played: list
    problems: list
    skipped: dict
    rest_seconds: float
    before: list           # of Reading, one for each agent
    after: list

    def table(self):
        head = f"{'fault':32} {'s':>6} {'uploads':>8} {'met':>6} {'last verdict':>13} {'retries':>8} {'MB':>6}"
        rows = [f"{'+'.join(one.names):32} {one.seconds:6.1f} {one.uploads:8} {min(one.met.values()):6} {one.last_verdict:11.1f} s "
                f"{one.retries:8} {one.memory_mb:6.1f}" for one in self.played]
        agents = [f"agent {number}: {before} -> {after}" for number, (before, after) in enumerate(zip(self.before, self.after), 1)]
        rest = "never" if self.rest_seconds is None else f"{self.rest_seconds:.1f} s after the last one"
        return "\n".join([head, *rows, *(f"not played: {name}: {why}" for name, why in self.skipped.items()),
                          *agents, f"{sum(one.uploads for one in self.played)} uploads; at rest {rest}; {len(self.problems)} problems"])

    def document(self):
        return {"played": [dataclasses.asdict(one) for one in self.played], "skipped": self.skipped, "rest_seconds": self.rest_seconds,
                "before": [dataclasses.asdict(one) for one in self.before], "after": [dataclasses.asdict(one) for one in self.after],
                "problems": self.problems}


@contextlib.contextmanager
def world_of(bin_dir, folder):
    """A cloud with agents that are warm and at rest."""
    with peers.running("devcloud", pathlib.Path(bin_dir), folder / "devcloud.log") as endpoint:
        world = worlds.World(endpoint, folder, bin_dir)
        try:
            world.build()
            yield world
        finally:
            world.stop()


class Player:
    """Plays rounds in one world. Agents are compared with what they were before the first."""

    def __init__(self, world, seed, say, a_second=A_SECOND, within=VERDICT_SECONDS_MAX):
        self.world, self.say, self._a_second, self._within = world, say, a_second, within
        self._dice, self._rounds, self.before = random.Random(seed), 0, None
        self._begin = self._begin_by_date = 0.0   # Of the round.

    def warm_up(self):
        """So that everything that agents keep is there already."""
        begin = time.monotonic()
        with Load(self.world.system, random.Random(self._dice.random()), "warm"):
            time.sleep(WARM_SECONDS)
        eventually(self.world.is_at_rest, 60, 0.2, "rest after the warm-up")
        self.before = self.world.readings()
        self.say(f"warm after {time.monotonic() - begin:.1f} s")

    def play(self, acts, seconds):
        """Each act is a tuple of faults that are there at the same time."""
        self._rounds += 1
        self._begin, self._begin_by_date = time.monotonic(), time.time()
        prefix, world, played, skipped = f"round-{self._rounds}", self.world, [], {}
        with Load(world.system, random.Random(self._dice.random()), prefix, self._a_second) as load:
            for act in acts:
                why_not = next((why for fault in act if (why := fault.why_not(world))), None)
                if why_not:
                    skipped["+".join(fault.name for fault in act)] = why_not
                else:
                    played.append(self._act(act, seconds))
        end = played[-1][2] if played else time.monotonic()
        rest_seconds = self._rest(end)
        self.say("never at rest" if rest_seconds is None else f"at rest after {rest_seconds:.1f} s")
        outcome = self._look(load, [self._described(*one, load) for one in played], end, rest_seconds)
        self.say(f"judged {time.monotonic() - end:.1f} s after the last fault")
        problems = load.failures + judge(outcome)
        self._tidy()
        return Round(outcome.played, problems, skipped, rest_seconds, outcome.before, outcome.after)

    def _act(self, act, seconds):
        """Of two, the second begins in the middle of the first. Each lasts for so long, and longer until it was noticed while alone."""
        world, retries, met, begin = self.world, self.world.retries(), {}, time.monotonic()
        told_of = [fault for fault in act if fault.says and seconds >= fault.says_after]
        for fault, before in zip(act, [None, *act]):
            fault.begin(world)
            if before:
                time.sleep(seconds / 2)
                met[before.name] = before.met()
                before.end(world)
            time.sleep(seconds / len(act))
            self._await_notice(fault, fault in told_of)
        met[act[-1].name] = act[-1].met()
        act[-1].end(world)
        end = time.monotonic()
        self.say(f"{'+'.join(met)}: met {met}")
        self._pause()
        said = {fault.name: self._is_said(fault) for fault in told_of}
        memory = max(reading.memory_mb for reading in world.readings())
        return act, begin, end, met, said, world.retries() - retries, memory

    def _is_said(self, fault):
        """At any time in this round: while agents are in trouble already, what comes on top is not told again."""
        return self.world.log_lines(fault.says, self._begin) > 0

    def _await_notice(self, fault, is_told_of):
        """Agents pause after failures, and try again what failed before they speak of it."""
        limit = time.monotonic() + NOTICE_SECONDS_MAX
        while time.monotonic() < limit:
            if fault.met() and (not is_told_of or self._is_said(fault)):
                return
            time.sleep(0.1)

    def _pause(self):
        time.sleep(PAUSE_SECONDS)
        limit = time.monotonic() + READY_SECONDS_MAX
        while not self.world.are_ready() and time.monotonic() < limit:
            time.sleep(0.1)

    def _rest(self, end):
        """Seconds from `end` until nothing was to do any more; None: there still is."""
        limit = time.monotonic() + REST_SECONDS_MAX
        at_rest = 0
        while time.monotonic() < limit:
            now = time.monotonic()
            at_rest = at_rest + 1 if self.world.is_at_rest() else 0
            if at_rest == 2:   # The first time something may have been on its way.
                return max(0.0, now - end)
            time.sleep(0.2)
        return None

    def _described(self, act, begin, end, met, said, retries, memory, load):
        uploads = load.between(begin, end)
        done = [self.world.done_at(upload.key) for upload in uploads]
        last = max((at - end for at in done if at is not None), default=0.0)
        return Played(tuple(fault.name for fault in act), end - begin, len(uploads), met, said, last, retries, memory)

    def _verdict_seconds(self, load, end):
        return max((at - end for key in load.uploads if (at := self.world.done_at(key)) is not None), default=0.0)

    def _look(self, load, played, end, rest_seconds):
        world, system = self.world, self.world.system
        seconds_max = self._within if len(played) == 1 else VERDICT_SECONDS_MAX_OF_MANY
        return Outcome(uploads=load.uploads, there=verdicts_in(system, worlds.BUCKET, ""),
                       quarantined=verdicts_in(system, system.quarantine, worlds.BUCKET + "/"),
                       results=world.results(self._begin_by_date), verdict_seconds=self._verdict_seconds(load, end),
                       verdict_seconds_max=seconds_max, is_at_rest=rest_seconds is not None, dead_letters=world.dead_letters(),
                       before=self.before, after=self._settled(), are_ready=world.are_ready(), played=played)

    def _settled(self):
        """Readings once threads have ended that only wait for what never comes."""
        limit = time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            readings = self.world.readings()
            if time.monotonic() > limit or all(now.threads <= then.threads for now, then in zip(readings, self.before)):
                return readings
            time.sleep(0.5)

    def _tidy(self):
        """What is judged makes room for the next round."""
        system = self.world.system
        for bucket, prefix in ((worlds.BUCKET, ""), (system.quarantine, worlds.BUCKET + "/")):
            for page in system.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
                if keys:
                    system.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
        for log in self.world.logs:
            log.forget()


def verdicts_in(system, bucket, prefix):
    """By key without the prefix: ETag and verdict."""
    def verdict(entry):
        tags = system.tags(bucket, entry["Key"]) or {}
        return entry["Key"].removeprefix(prefix), (entry["ETag"].strip('"'), tags.get("scan-result"))
    pages = system.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    entries = [entry for page in pages for entry in page.get("Contents", []) if "/load-" in entry["Key"]]
    with concurrent.futures.ThreadPoolExecutor(JUDGED_AT_A_TIME) as pool:
        return {key: found for key, found in pool.map(verdict, entries) if not key.startswith("warm/")}


def acts_of(names, is_in_pairs, seed):
    """What a round plays: these ("NAME", or "NAME+NAME" at the same time), else everything, shortened or in pairs."""
    dice = random.Random(seed)
    if names:
        return [known.act_of(name) for name in names.split(",")]
    if is_in_pairs:
        return [known.pair(dice) for _ in known.shortened(seed)]
    return [(fault,) for fault in known.shortened(seed)]


def play_and_keep(bin_dir, seed, acts, seconds, keep, say=print):
    """One round in a world of its own; the logs of one with problems stay below `keep`."""
    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        folder = pathlib.Path(temporary)
        with world_of(bin_dir, folder) as world:
            player = Player(world, seed, say)
            player.warm_up()
            done = player.play(acts, seconds)
        if done.problems:
            keep_logs(folder, pathlib.Path(keep) / f"seed-{seed}", done)
        return done


def keep_logs(folder, there, done):
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    for path in folder.glob("*.log"):
        shutil.copy(path, there)
    (there / "problems.txt").write_text("\n".join([done.table(), *done.problems]) + "\n")
    (there / "round.json").write_text(json.dumps(done.document(), indent=1) + "\n")
