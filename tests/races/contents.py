"""What owners write: every content is unlike every other, and known by its digests."""
import dataclasses
import hashlib
import pathlib
import sys
import threading

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "e2e")]

from harness import samples  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Content:
    number: int
    body: bytes
    is_harmful: bool

    @property
    def md5(self):
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    @property
    def sha256(self):
        return hashlib.sha256(self.body).hexdigest()

    def __repr__(self):
        return f"{'harmful' if self.is_harmful else 'harmless'} content {self.number}"


class Contents:
    """Makes contents and remembers all of them. Threads: any."""

    def __init__(self):
        self._lock = threading.Lock()
        self._by_sha256, self._by_md5 = {}, {}

    def new(self, dice, is_harmful):
        with self._lock:
            number = len(self._by_sha256) + 1
            filler = dice.randbytes(8).hex() * dice.choice((1, 10, 1000))
            text = f"number {number}\n{filler}\n".encode()
            made = Content(number, text + samples.eicar() if is_harmful else text, is_harmful)
            self._by_sha256[made.sha256] = self._by_md5[made.md5] = made
            return made

    def of_body(self, body):
        """None: nobody wrote this."""
        return self.of_sha256(hashlib.sha256(body).hexdigest())

    def of_sha256(self, sha256):
        return self._by_sha256.get(sha256)

    def of_etag(self, etag):
        return self._by_md5.get(etag.strip('"'))

    def counts(self):
        harmful = sum(content.is_harmful for content in self._by_sha256.values())
        return len(self._by_sha256) - harmful, harmful
