"""Uploads at a rate: clean, infected and unscannable objects, and some that take longer."""
import dataclasses
import hashlib
import threading
import time

import world as worlds
from harness import samples

A_SECOND = 5   # uploads
LARGE_BYTES = 2 << 20


@dataclasses.dataclass(frozen=True)
class Upload:
    key: str
    verdict: str     # that it must get
    etag: str
    at: float        # time.monotonic()


KINDS = (
    (0.55, "Clean", lambda dice: b"clean: " + dice.randbytes(16).hex().encode() * dice.choice((1, 20, 600))),
    (0.15, "Infected", lambda dice: samples.zipped(name_txt=dice.randbytes(8), evil_com=samples.eicar())),
    (0.20, "Unscannable", lambda dice: samples.encrypted_zip(dice.randbytes(64))),
    (0.10, "Clean", lambda dice: b"large: " + dice.randbytes(16).hex().encode() * (LARGE_BYTES // 32)),
)


class Load:
    def __init__(self, system, dice, prefix, a_second=A_SECOND):
        self.uploads = {}
        self.failures = []
        self._system, self._dice, self._prefix, self._pause = system, dice, prefix, 1 / a_second
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join(60)

    def between(self, begin, end):
        return [upload for upload in tuple(self.uploads.values()) if begin <= upload.at <= end]

    def _run(self):
        try:
            due = time.monotonic()
            while not self._stopped.wait(max(0.0, due - time.monotonic())):
                self._put()
                due = max(due + self._pause, time.monotonic() - 1)   # Late is caught up with, but no storm.
        except Exception as problem:   # pylint: disable=broad-except
            self.failures.append(f"load: {type(problem).__name__}: {problem}")

    def _put(self):
        (_, verdict, make), = self._dice.choices(KINDS, [share for share, *_ in KINDS])
        body = make(self._dice)
        key = f"{self._prefix}/load-{len(self.uploads)}"
        upload = Upload(key, verdict, hashlib.md5(body, usedforsecurity=False).hexdigest(), time.monotonic())
        self.uploads[key] = upload   # Before it is there: whoever judges must know.
        self._system.put(worlds.BUCKET, key, body)
