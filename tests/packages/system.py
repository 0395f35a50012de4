"""A Debian system that is thrown away: packages are put into it, looked at, and taken out again."""
import os
import pathlib
import signal
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
SYSTEMD = ("/lib/systemd/systemd", "--system")
# What a system keeps of every package that was ever there. The user too: files somewhere may still be his.
KEPT = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/apt/", "/var/cache/debconf/", "/var/cache/ldconfig/", "/var/cache/man/",
        "/var/log/", "/etc/.pwd.lock", "/etc/passwd-", "/etc/group-",
        "/etc/shadow-", "/etc/gshadow-")


class System:
    """The files of `lower` with changes of its own. `boot`: with systemd as its first process, else with nothing that runs."""

    def __init__(self, lower, boot=False):
        first = SYSTEMD if boot else ("sleep", "infinity")
        self._holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", FOLDER / "throwaway_root", lower, *first],
                                        stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "ready\n"
        children = pathlib.Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children").read_text().split()
        self._first = int(children[0])
        self._enter = ["nsenter", f"--target={self._first}", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--",
                       "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        if boot:
            # Degraded: not every service of a machine can start in here.
            self.run("sh", "-c", "until systemctl is-system-running 2>&1 | grep -q -x -e running -e degraded; do sleep 0.2; done")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self._first, signal.SIGKILL)  # And with it everything inside.
        self._holder.wait()
        for group in pathlib.Path("/sys/fs/cgroup").glob(f"**/cordon-packages-{self._holder.pid}"):
            subprocess.run(["find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"], check=False)

    def run(self, *words, check=True, user=None, stdin=b""):
        """Runs a program inside; standard output and error are one text."""
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"] if user else []
        done = subprocess.run([*self._enter, *as_user, *map(str, words)], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        done.stdout = done.stdout.decode(errors="replace")
        assert done.returncode == 0 or not check, f"{words}: exit {done.returncode}\n{done.stdout}"
        return done

    def put(self, path, content):
        self.run("mkdir", "-p", pathlib.Path(path).parent)
        self.run("tee", path, stdin=content)

    def put_packages(self, debs):
        for deb in debs:
            self.put(f"/tmp/debs/{deb.name}", deb.read_bytes())
        return [f"/tmp/debs/{deb.name}" for deb in debs]

    def left_over(self):
        """What is new here and belongs to no package that is installed."""
        new = self.run("sh", "-c", "cd /mnt/upper; find . -mindepth 1 ! -type c -printf '%P\\n' |"
                                   " while read -r path; do [ -e /mnt/lower/$path ] || echo /$path; done").stdout.splitlines()
        lists = self.run("sh", "-c", "cat /var/lib/dpkg/info/*.list").stdout.splitlines()
        # /lib is a link to /usr/lib, and packages do not know it yet.
        theirs = set(lists) | {f"/usr{path}" for path in lists}
        return [path for path in new if path not in theirs and not f"{path}/".startswith(KEPT) and path not in KEPT]


def dpkg_in(system, debs):
    """Installs packages whose dependencies are there."""
    system.run("rm", "-f", "/var/lib/man-db/auto-update")  # An index of every page of a developer's machine takes minutes.
    system.run("dpkg", "--install", *debs)


def apt_in(system, debs):
    """Installs packages and all that they depend on."""
    system.put("/etc/resolv.conf", pathlib.Path("/etc/resolv.conf").read_bytes())
    system.run("apt-get", "update", "--quiet")
    system.run("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *debs)
