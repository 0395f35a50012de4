"""Starts and stops the servers that tests run against: our stand-in, moto and Ceph's gateway.

    with running("moto") as endpoint: ...

Each listens on a loopback port that the system chooses and says so in a line `endpoint: http://...`.
"""
import contextlib
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parent.parent
DEFAULT_BIN_DIR = REPOSITORY / "build" / "release" / "bin"
ACCESS_KEY = "cordon"
SECRET_KEY = "cordon-dev-secret"
PEERS = ("devcloud", "moto", "radosgw")
START_SECONDS_MAX = 180.0


class PeerError(RuntimeError):
    """A peer did not start, or ended by itself."""


def command(peer: str, bin_dir: pathlib.Path) -> list[str]:
    if peer == "devcloud":
        return [str(bin_dir / "cordon"), "devcloud", "--listen", "127.0.0.1:0"]
    if peer in ("moto", "radosgw"):
        return [str(FOLDER / f"{peer}.sh"), "run", "0"]
    raise PeerError(f"unknown peer {peer!r}; one of {', '.join(PEERS)}")


def environment() -> dict[str, str]:
    """This process's environment without whatever AWS settings the developer has."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("AWS_") and not name.upper().endswith("_PROXY")}
    return kept | {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}


def await_line(process: subprocess.Popen, prefix: str, seconds: float) -> str:
    """Returns what follows `prefix` in the first line of stdout that begins with it.

    A thread goes on reading afterwards, or a full pipe would stop the process one day.
    """
    found: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            if line.startswith(prefix):
                found.put(line[len(prefix):].strip())
        found.put(None)

    threading.Thread(target=read, name="peer-stdout", daemon=True).start()
    try:
        value = found.get(timeout=seconds)
    except queue.Empty:
        raise PeerError(f"no line {prefix!r} within {seconds:.0f} s from {process.args}") from None
    if value is None:
        raise PeerError(f"{process.args} ended with {process.wait()} before it printed {prefix!r}")
    return value


def stop(process: subprocess.Popen, seconds: float = 30.0) -> int:
    """SIGTERM, then SIGKILL; returns the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
    return process.wait()


def install(peer: str) -> None:
    """Installs a peer that is not ours; does nothing when it is there already."""
    done = subprocess.run([str(FOLDER / f"{peer}.sh"), "install"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode != 0:
        raise PeerError(f"{peer} cannot be installed:\n{done.stdout[-2000:]}")


@contextlib.contextmanager
def running(peer: str, bin_dir: pathlib.Path = DEFAULT_BIN_DIR, log_path: pathlib.Path | None = None,
            more: tuple[str, ...] = ()):
    log = open(log_path, "wb") if log_path else subprocess.DEVNULL
    arguments = [*command(peer, bin_dir), *more]
    if not os.access(arguments[0], os.X_OK):
        raise PeerError(f"{arguments[0]} is missing: build it first, or name its folder with --bin-dir")
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True,
                               env=environment(), stdin=subprocess.DEVNULL)
    try:
        yield await_line(process, "endpoint: ", START_SECONDS_MAX)
    finally:
        stop(process)
        if log_path:
            log.close()
