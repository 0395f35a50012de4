"""What has to be true when everything has come to rest. Pure: it compares what is there with what owners remember.

Nothing harmful says Clean, and in production nothing harmful is at all. Nothing outside the protected set was touched. What an
owner wrote last is where he put it, in quarantine, or where its route brings it, byte for byte. An owner's tags are lost only
when an agent was at work on that object in the moment in which he wrote them. Dead letters hold what was forged.
"""
import collections
import hashlib

import forgeries

OUR_TAGS = {"scan-result", "date-scanned", "scan-seal", "message", "virus-name", "uploaded-by"}
TAGS_MAX = 10
KEY_BYTES_MAX = 1024
MARK = "cordon-from"
# From an agent's last look at a copy to its tags, on a busy machine.
SECONDS_TO_THE_TAGS = 1.0


def quarantine_key(bucket, key):
    """docs/formats/quarantine.md"""
    whole = f"{bucket}/{key}"
    if len(whole.encode()) <= KEY_BYTES_MAX:
        return whole
    tail = "~" + hashlib.sha256(key.encode()).hexdigest()[:32]
    return whole.encode()[:KEY_BYTES_MAX - len(tail)].decode(errors="ignore") + tail


def is_full(tags):
    """An owner's tags leave no room for a verdict."""
    return len(set(tags) - OUR_TAGS) >= TAGS_MAX


def is_crowded(metadata):
    """An owner's metadata leave S3's 2 KB no room for all of ours."""
    return len(metadata.get("owner", "")) > 1500


class Judge:
    """`there`: bucket name -> Snapshot; `quarantine`: its Snapshot; `passages`: (bucket, key) ->
    [(begin, end, etag)] of the moments in which an agent may have been between its read of the tags and its last look at them, and
    of the object that it was at; None: not known. Its `tag_writes`: (bucket, key) -> when somebody set tags there."""

    def __init__(self, memory, contents, buckets, there, quarantine, passages):
        self.memory, self.contents, self.buckets = memory, contents, {bucket.name: bucket for bucket in buckets}
        self.there, self.quarantine, self.passages = there, quarantine, passages
        self.problems = []
        self.reported = set()            # (bucket, key, SHA-256)
        self.moved = []                  # (place, content): what was taken away from where its owner put it
        self.counts = collections.Counter()

    def problem(self, place, text):
        # Some keys are very long.
        self.problems.append(f"{'/'.join(str(part)[:80] for part in place)}: {text}")

    # ---- everything that is there ----

    def look_at_everything(self):
        for name, bucket in self.buckets.items():
            for (key, version), there in self.there[name].objects.items():
                place, content = (name, key, version), self.contents.of_body(there.body)
                if content is None:
                    self.problem(place, "it has bytes that nobody wrote")
                elif bucket.kind == "destination" and bucket.takes == "Clean" and content.is_harmful:
                    self.problem(place, f"{content} is in production")
                elif bucket.kind == "protected":
                    self._look_at_verdict(place, there, content)
        for (key, version), there in self.quarantine.objects.items():
            if key.startswith(".cordon/"):
                continue
            place, content = ("quarantine", key, version), self.contents.of_body(there.body)
            if content is None or not content.is_harmful:
                self.problem(place, f"{content or 'what nobody wrote'} is in quarantine")
            elif there.verdict not in ("Infected", None):
                self.problem(place, f"{content} says {there.verdict} in quarantine")
            elif key.partition("/")[0] not in self.buckets:
                self.problem(place, "it comes from a bucket that nobody has")

    def _look_at_verdict(self, place, there, content):
        written = self.memory.states.get(place)
        # An owner who writes tags afterwards can write ours away.
        is_as_it_was = written is None or written.tagged_at is None
        self.counts["verdicts"] += there.verdict is not None
        if content.is_harmful and there.verdict == "Clean":
            self.problem(place, f"{content} says Clean")
        elif not content.is_harmful and there.verdict not in ("Clean", None):
            self.problem(place, f"{content} says {there.verdict}")
        elif there.verdict is None and is_as_it_was and not is_full(there.tags):
            self.problem(place, f"{content} has no verdict: {there.tags}")

    # ---- what is not ours ----

    def look_at_what_is_not_protected(self):
        for name, bucket in self.buckets.items():
            if bucket.kind == "protected":
                continue
            expected = {(key, version): written for (at, key, version), written in self.memory.states.items()
                        if at == name and not written.is_gone}
            found = self.there[name].objects
            for key, version in expected.keys() | found.keys():
                self._compare((name, key, version), bucket, expected.get((key, version)), found.get((key, version)))
            if bucket.kind == "foreign" and bucket.is_versioned:
                self._compare_markers(name)

    def _compare(self, place, bucket, written, there):
        if there is None:
            return self.problem(place, f"{written.content} is gone, in a bucket that is not protected")
        if written is None and bucket.kind == "foreign":
            return self.problem(place, "nobody wrote it there")
        if written is None:
            return self._look_at_what_was_brought(place, bucket, there)
        if written.content.body != there.body:
            return self.problem(place, f"another content than {written.content}, in a bucket that is not protected")
        if written.tags is not None and written.tags != there.tags and not self._is_taken_for_a_copy(bucket, there):
            if not self._was_written_under_a_copys_tags(place, bucket, written, there):
                return self.problem(place, f"tags are {there.tags}, its owner wrote {written.tags}")
            self.counts["tags lost where a copy was made"] += 1
        if written.tags is None and bucket.kind == "foreign" and not set(there.tags) <= self._known_tags():
            return self.problem(place, f"it has tags that were not copied: {there.tags}")
        self.counts["untouched"] += 1

    @staticmethod
    def _known_tags():
        return OUR_TAGS | {"owner"} | {f"t{number}" for number in range(TAGS_MAX)}

    @staticmethod
    def _is_taken_for_a_copy(bucket, there):
        """Its owner gave it a mark that says so, and its bytes are those of the source."""
        return bucket.kind == "destination" and MARK in there.metadata and there.verdict == bucket.takes

    def _was_written_under_a_copys_tags(self, place, bucket, written, there):
        """An agent made a copy at the place, and its owner wrote there between the agent's last look and the tags of that copy,
        which have no condition. The agent sees it, and takes back what it can tell: its own tags."""
        begin, end = written.tagged_at or written.at
        is_left = set(there.tags.items()) <= set(written.tags.items())
        moments = self.passages.tag_writes.get(place[:2], [])
        return (bucket.kind == "destination" and not bucket.is_versioned and is_left and
                any(begin <= at <= end + SECONDS_TO_THE_TAGS for at in moments))

    def _look_at_what_was_brought(self, place, bucket, there):
        """By a route: an owner's object has to have gone before."""
        says_what = there.verdict == bucket.takes or (there.verdict is None and is_full(there.tags))
        # Where an owner's metadata leave it no room, the version says whose a copy is.
        is_nameless = bucket.is_versioned and is_crowded(there.metadata) and MARK not in there.metadata
        says_whence = MARK in there.metadata or is_nameless
        # An agent died before it tagged a copy that only it could tell from others: the next one made its own.
        if is_nameless and not says_what and self._is_finished_beside(place, bucket, there):
            self.counts["nameless copies of the dead"] += 1
        elif not says_what or not says_whence:
            self.problem(place, f"it was brought here without a verdict or a mark: {there.tags} {there.metadata}")

    def _is_finished_beside(self, place, bucket, copy):
        return any(at == place[1] and there.body == copy.body and there.verdict == bucket.takes
                   for (at, _), there in self.there[place[0]].objects.items())

    def _compare_markers(self, name):
        for (at, key), version in self.memory.latest.items():
            if at == name and version != self.there[name].latest.get(key):
                self.problem((name, key), f"current is {self.there[name].latest.get(key)}, for its owner {version}")

    # ---- what owners wrote ----

    def look_for_what_was_written(self):
        for place, written in self.memory.states.items():
            bucket = self.buckets[place[0]]
            if bucket.kind == "protected" and not written.is_gone:
                self._look_for(place, bucket, written)

    def _look_for(self, place, bucket, written):
        name, key, version = place
        here = self.there[name].objects.get((key, version))
        if here is not None and here.body != written.content.body:
            if not bucket.is_versioned and (name, key) in self.memory.restored:
                here = None   # It went to quarantine, and another one came back to this place.
            else:
                return self.problem(place, f"another content than {written.content}")
        if written.content.is_harmful:
            return self._look_for_harmful(place, written, here)
        self.counts["harmless"] += 1
        if here is not None:
            return self._look_at_tags(place, written, here)
        moved = self._moved(bucket.moves_clean_to, key, written)
        if moved is None:
            return self.problem(place, f"{written.content} is lost")
        self.counts["promoted"] += 1
        self.moved.append((place, written.content))
        return self._look_at_tags(place, written, moved)

    def _look_for_harmful(self, place, written, here):
        name, key, _ = place
        self.counts["harmful"] += 1
        kept = [there for (at, _), there in self.quarantine.objects.items()
                if at == quarantine_key(name, key) and there.body == written.content.body]
        back = [there for (at, _), there in self.there[name].objects.items()
                if at == key and there.body == written.content.body]
        if kept:
            self.counts["quarantined"] += 1
        if here is not None and (name, key) not in self.memory.restored:
            return self.problem(place, f"{written.content} is still there, with {here.tags}")
        if not kept and not back:
            jailed = self._moved(self.buckets[name].moves_infected_to, key, written)
            if jailed is None:
                return self.problem(place, f"{written.content} is lost")
            self.counts["jailed"] += 1
            self.moved.append((place, written.content))
            return self._look_at_tags(place, written, jailed)
        if kept:
            self.moved.append((place, written.content))
            self._look_at_tags(place, written, kept[-1])
        return None

    def _moved(self, destination, key, written):
        if not destination:
            return None
        to, _, prefix = destination.partition("/")
        for (at, version), there in self.there[to].objects.items():
            if at == prefix + key and there.body == written.content.body:
                return there
        # An owner of production may have written over it, or deleted it there.
        owned_at = self.memory.owned_at.get((to, prefix + key), 0.0)
        return Overwritten() if owned_at >= written.at[0] else None

    def _look_at_tags(self, place, written, there):
        if written.tags is None or isinstance(there, Overwritten):
            return
        lost = {name: value for name, value in written.tags.items()
                if name not in OUR_TAGS and there.tags.get(name) != value}
        begin, end = written.tagged_at or written.at
        moments = [*self.passages.get(place[:2], []), *self.passages.died_with(there.tags)]
        met = [etag for began, ended, etag in moments if begin <= ended and began <= end]
        meets = bool(met)
        # Tags that came with the bytes are there when an agent begins with these.
        could_be_lost = [etag for etag in met if written.tagged_at or etag != written.content.md5]
        self.counts["tags written at an agent's moment"] += bool(could_be_lost)
        self.counts["tags kept"] += not lost
        self.counts["tags lost"] += bool(lost)
        if lost and not meets:
            near = sorted(((round(began, 3), round(ended, 3)) for began, ended, _ in moments),
                          key=lambda moment: abs(moment[0] - begin))[:3]
            self.problem(place, f"lost {lost}, has {there.tags}; written {begin:.3f} to {end:.3f}, and no agent was at work then, but {near}")

    # ---- the rest ----

    def look_at_results(self, results):
        for result in results:
            bucket = self.buckets.get(result["bucket"])
            place = (result["bucket"], result["key"], result["versionId"])
            if bucket is None or bucket.kind != "protected":
                self.problem(place, f"there is a result of it: {result['result']}")
                continue
            content = self.contents.of_sha256(result["sha256"]) if result["sha256"] else None
            if result["result"] == "Clean" and (content is None or content.is_harmful):
                self.problem(place, f"the result says Clean of {content or result['sha256']}")
            elif content is not None and not content.is_harmful and result["result"] != "Clean":
                self.problem(place, f"the result says {result['result']} of {content}")
            elif content is None and result["sha256"]:
                self.problem(place, "the result is about bytes that nobody wrote")
            self.reported.add((result["bucket"], result["key"], result["sha256"]))
            self.counts["results"] += 1
        for place, content in self.moved:
            if (*place[:2], content.sha256) not in self.reported:
                self.problem(place, f"{content} was moved, and nobody was told")

    def look_at_dead_letters(self, letters):
        for letter in letters:
            if not forgeries.is_forged(letter["body"]):
                self.problem(("dead letters",), f"{letter['reason']}: {letter['body'][:400]}")
        self.counts["dead letters"] = len(letters)


class Overwritten:
    """Where its route brought it, by an owner of that place."""
