"""One round of restless owners; and the judge, who must see what is wrong."""
import random

import forgeries
import pytest
from contents import Contents
from judge import Judge, quarantine_key
from memory import Bucket, Memory, Written
from play import Passages, passages, play_and_keep, tag_writes
from world import Snapshot, There

PROBLEMS_SHOWN = 30
# Else nothing came to pass that could have gone wrong.
WRITTEN_A_SECOND_MIN, SHARE_OF_EACH_MIN = 5, 0.02


def test_owners_who_do_as_they_like(request):
    option = request.config.getoption
    done = play_and_keep(option("--bin-dir"), option("--seed"), option("--seconds"), option("--keep"))

    print(done.table(), flush=True)
    if done.problems:
        pytest.fail("\n".join(done.problems[:PROBLEMS_SHOWN]), pytrace=False)
    assert done.counts["written"] >= WRITTEN_A_SECOND_MIN * option("--seconds")
    for what in ("quarantined", "promoted", "untouched", "dead letters", "tags kept"):
        assert done.counts[what] >= SHARE_OF_EACH_MIN * done.counts["put"], what
    assert done.counts["jailed"]


# ---- the judge ----

OURS, LANE, VAULT = Bucket("ours", False, "protected"), Bucket("lane", True, "protected", "vault/"), Bucket("vault", True, "protected")
OTHERS, PRODUCTION = Bucket("others", False, "foreign"), Bucket("production", False, "destination")
JAIL = Bucket("jail", True, "destination", takes="Infected")
BUCKETS = (OURS, LANE, VAULT, OTHERS, PRODUCTION, JAIL)
NOON = 1000.0


class Scene:
    """What owners wrote and what is there, as it should be."""

    def __init__(self):
        self.memory, self.contents = Memory(), Contents()
        self.there = {bucket.name: {} for bucket in BUCKETS}
        self.quarantine, self.passages, self.results, self.letters, self.killed_at = {}, {}, [], [], []
        self.tagged = {}
        dice = random.Random(1)
        self.good, self.bad, self.moved, self.foreign, self.owned = (
            self.contents.new(dice, is_harmful) for is_harmful in (False, True, False, True, False))
        self.write(OURS, "good", self.good, {"owner": "a"}, {"owner": "a", "scan-result": "Clean"})
        self.write(OURS, "bad", self.bad, {"owner": "b"}, None)
        self.quarantine["ours/bad", "q"] = There(self.bad.body, {"owner": "b", "scan-result": "Infected"}, {})
        self.write(LANE, "k", self.moved, {"owner": "c"}, None, "v1")
        self.there["vault"]["k", "w1"] = There(self.moved.body, {"owner": "c", "scan-result": "Clean"}, {"cordon-from": "x"})
        self.write(OTHERS, "k", self.foreign, {"owner": "d"}, {"owner": "d"})
        self.write(PRODUCTION, "k", self.owned, {"owner": "e"}, {"owner": "e"})
        self.results += [self.result(OURS, "bad", self.bad, "Infected"), self.result(LANE, "k", self.moved, "Clean")]
        self.letters.append({"body": forgeries.MARK, "reason": "not-protected"})

    def write(self, bucket, key, content, tags, tags_there, version="null"):
        self.memory.wrote(bucket, key, version, Written(content, tags, (NOON, NOON + 0.1)))
        if tags_there is not None:
            self.there[bucket.name][key, version] = There(content.body, tags_there, {})

    @staticmethod
    def result(bucket, key, content, verdict):
        return {"bucket": bucket.name, "key": key, "versionId": None, "sha256": content.sha256, "result": verdict}

    def problems(self):
        there = {name: Snapshot(objects, {key: version for key, version in objects}) for name, objects in self.there.items()}
        judge = Judge(self.memory, self.contents, BUCKETS, there, Snapshot(self.quarantine, {}), Passages(self.passages, self.killed_at, self.tagged))
        judge.look_at_everything()
        judge.look_at_what_is_not_protected()
        judge.look_for_what_was_written()
        judge.look_at_results(self.results)
        judge.look_at_dead_letters(self.letters)
        return judge.problems


def _says_clean(scene):
    scene.there["ours"]["bad", "null"] = There(scene.bad.body, {"owner": "b", "scan-result": "Clean"}, {})


def _harmful_in_production(scene):
    scene.there["production"]["evil", "null"] = There(scene.bad.body, {"scan-result": "Clean"}, {"cordon-from": "x"})


def _quarantine_is_damaged(scene):
    scene.quarantine["ours/bad", "q"].body = b"cut"


def _harmless_in_quarantine(scene):
    scene.quarantine["ours/good", "q"] = There(scene.good.body, {"scan-result": "Infected"}, {})


def _lost(scene):
    del scene.there["ours"]["good", "null"]


def _lost_from_quarantine(scene):
    scene.quarantine.clear()


def _lost_on_its_way(scene):
    scene.there["vault"].clear()


def _without_a_verdict(scene):
    del scene.there["ours"]["good", "null"].tags["scan-result"]


def _wrong_verdict(scene):
    scene.there["ours"]["good", "null"].tags["scan-result"] = "Infected"


def _lost_tags(scene):
    del scene.there["ours"]["good", "null"].tags["owner"]


def _foreign_is_tagged(scene):
    scene.there["others"]["k", "null"].tags["scan-result"] = "Infected"


def _foreign_is_gone(scene):
    scene.there["others"].clear()


def _foreign_is_another(scene):
    scene.there["others"]["k", "null"].body = scene.good.body


def _foreign_has_more(scene):
    scene.there["others"]["new", "null"] = There(scene.good.body, {}, {})


def _production_is_written_over(scene):
    scene.there["production"]["k", "null"].body = scene.good.body


def _false_report(scene):
    scene.results.append(scene.result(OURS, "bad", scene.bad, "Clean"))


def _nobody_was_told(scene):
    scene.results.pop(0)


def _nobody_was_told_of_a_promotion(scene):
    scene.results.pop()


def _report_of_what_is_not_protected(scene):
    scene.results.append(scene.result(OTHERS, "k", scene.foreign, "Infected"))


def _honest_dead_letter(scene):
    scene.letters.append({"body": '{"Records":[]}', "reason": "given up"})


def _nameless_copy_alone(scene):
    scene.there["jail"]["k", "v1"] = There(scene.bad.body, {"owner": "f"}, {"owner": "o" * 1600})


WRONG = [_says_clean, _harmful_in_production, _quarantine_is_damaged, _harmless_in_quarantine, _lost, _lost_from_quarantine, _lost_on_its_way,
         _without_a_verdict, _wrong_verdict, _lost_tags, _foreign_is_tagged, _foreign_is_gone, _foreign_is_another, _foreign_has_more,
         _production_is_written_over, _false_report, _nobody_was_told, _nobody_was_told_of_a_promotion,
         _report_of_what_is_not_protected, _honest_dead_letter, _nameless_copy_alone]


def test_the_judge_finds_nothing_wrong_with_what_is_right():
    assert not Scene().problems()


@pytest.mark.parametrize("make_wrong", WRONG)
def test_the_judge_sees_what_is_wrong(make_wrong):
    scene = Scene()
    make_wrong(scene)
    assert scene.problems()


def test_a_nameless_copy_of_a_dead_agent_lies_beside_a_finished_one():
    scene = Scene()
    _nameless_copy_alone(scene)
    scene.there["jail"]["k", "v2"] = There(scene.bad.body, {"scan-result": "Infected"}, {"owner": "o" * 1600})
    assert not scene.problems()
    scene.there["jail"]["k", "v1"].metadata["owner"] = "there was room"
    assert scene.problems()


def test_tags_may_be_lost_in_an_agents_moment_alone():
    for begin, end, is_wrong in ((NOON - 2, NOON - 1, True), (NOON - 1, NOON + 0.05, False), (NOON + 1, NOON + 2, True)):
        scene = Scene()
        _lost_tags(scene)
        scene.passages["ours", "good"] = [(begin, end, None)]
        assert bool(scene.problems()) == is_wrong


def test_tags_may_be_lost_where_a_copy_got_its_own_at_that_moment():
    for at, left, is_wrong in ((NOON + 0.5, {}, False), (NOON + 5, {}, True), (NOON - 1, {}, True), (NOON + 0.5, {"owner": "x"}, True)):
        scene = Scene()
        scene.there["production"]["k", "null"].tags = left
        scene.tagged = {("production", "k"): [at]}
        assert bool(scene.problems()) == is_wrong
    scene = Scene()
    scene.there["others"]["k", "null"].tags = {}
    scene.tagged = {("others", "k"): [NOON]}
    assert scene.problems(), "no route leads there"


def test_who_set_tags_is_read_from_the_clouds_log():
    line = '{"time":"1970-01-01T00:16:40.000Z","method":"%s","path":"/b/a%%20k","query":"%s","status":200}'
    log = "\n".join(line % of for of in (("PUT", "tagging"), ("GET", "tagging"), ("PUT", "")))
    assert tag_writes(log) == {("b", "a k"): [NOON]}


def test_an_agent_that_died_soon_after_its_scan_was_at_work_between():
    for died, is_wrong in ((NOON - 1, True), (NOON + 1, False), (NOON + 60, True)):
        scene = Scene()
        _lost_tags(scene)
        there = scene.there["ours"]["good", "null"]
        there.tags["date-scanned"] = "1970-01-01T00:16:39Z"   # NOON - 1
        scene.memory.states["ours", "good", "null"].at = (NOON + 0.6, NOON + 0.8)
        scene.killed_at = [died]
        assert bool(scene.problems()) == is_wrong


def test_agents_moments_are_read_from_their_logs():
    log = ('{"time":"1970-01-01T00:16:40.000Z","level":"info","event":"object.done","object":"s3://b/a/k?versionId=v","act_ms":500,'
           '"id":"r1"}\n'
           '{"time":"1970-01-01T00:16:40.000Z","event":"obj')
    (begin, end, etag), = passages([log], [{"id": "r1", "eTag": "e"}]).get(("b", "a/k"))
    assert begin < NOON - 0.5 < NOON < end < NOON + 0.1 and etag == "e"
    for scanned, expected in (("39.000", NOON - 1), ("39.900", begin), ("00.000", begin - 2)):
        result = {"id": "r1", "eTag": "e", "scannedAt": f"1970-01-01T00:16:{scanned}Z"}
        (began, _, _), = passages([log], [result]).get(("b", "a/k"))
        assert abs(began - expected) < 0.001


def test_long_keys_are_cut_as_the_agent_does():
    cut = quarantine_key("b", "k" * 1024)
    assert len(cut) == 1024 and cut[-33] == "~"
    assert quarantine_key("b", "k") == "b/k"
