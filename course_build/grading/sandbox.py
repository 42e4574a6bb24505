"""The sandbox: a process that sees a read-only Python, course_lib and an empty /tmp, and nothing else of this machine.

Of the exercises it sees the half that collects. What judges, and with it whatever knows what is right, is missing.

bubblewrap builds them: own process, network, mount, IPC and host-name namespaces, a root without the home folders, the
gradebook or the other submissions, a filter of system calls, and a user without rights. Under root that user is a real
one of its own, so that the limit on processes counts it alone. `find` starts a probe in the sandbox and refuses what
does not hold.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import course_lib
import exercises
from course_build.grading.refused_calls import refused_calls

SYSTEM = [
    Path("/usr"),
    Path("/bin"),
    Path("/sbin"),
    Path("/lib"),
    Path("/lib32"),
    Path("/lib64"),
    Path("/etc/ld.so.cache"),
]
INSIDE = Path(__file__).resolve().parent / "inside"
UNJUDGED = Path(__file__).resolve().parent / "unjudged.py"
LIBRARY = Path(course_lib.__file__).resolve().parent
ROOMS = Path(exercises.__file__).resolve().parent
WRITABLE = ("tmp", "dev/shm")
SCRATCH_BYTES, SHARED_BYTES = 256 * 2**20, 64 * 2**20
FIRST_UID, UIDS = 61_000, 4_000

PROBE = """
import os, socket, sys
def holds(action):
    try: action()
    except OSError: return True
    return False
def write(path):
    open(path, "w").close()
    os.remove(path)
kept = {
    "it can write beside course_lib": holds(lambda: write(os.path.join(sys.argv[2], "probe"))),
    "it can write into the root folder": holds(lambda: write("/probe")),
    "it can read the grader": holds(lambda: open(sys.argv[1])),
    "it can read what judges": all(holds(lambda: open(key)) for key in sys.argv[3:]),
    "it sees processes outside": len([name for name in os.listdir("/proc") if name.isdigit()]) < 6,
    "it has a network": os.listdir("/sys/class/net") == ["lo"] if os.path.isdir("/sys/class/net")
        else [name for _, name in socket.if_nameindex()] == ["lo"],
    "it has capabilities": "CapEff:\\t0000000000000000" in open("/proc/self/status").read(),
    "it cannot write to /tmp": not holds(lambda: write("/tmp/probe")),
}
print("; ".join(complaint for complaint, kept in kept.items() if not kept))
"""


class NoSandbox(RuntimeError):
    """No sandbox can be had on this machine, and nobody said aloud to do without."""


@dataclass(frozen=True)
class Sandbox:
    """A way to start a program: inside of `bubblewrap`, or inside of nothing, `none`, if the instructor said so."""

    kind: str

    def start(self, program: Sequence[str], pass_fds: Sequence[int] = (), **options: object) -> subprocess.Popen:
        """Start a program of absolute path; the options are those of `subprocess.Popen`."""
        options |= {"env": self.environment()}
        if self.kind == "none":
            return subprocess.Popen(program, pass_fds=pass_fds, **options)
        calls = os.memfd_create("refused calls")
        try:
            os.write(calls, refused_calls())
            os.lseek(calls, 0, os.SEEK_SET)
            command = [*_bubblewrap([*_what_python_needs(), INSIDE, LIBRARY], calls), *program]
            return subprocess.Popen(command, pass_fds=(*pass_fds, calls), **options)
        finally:
            os.close(calls)

    def environment(self) -> dict[str, str]:
        """The few variables the program gets: nothing of the instructor's own."""
        shown = {"COURSE_DATA": os.environ["COURSE_DATA"]} if os.environ.get("COURSE_DATA") else {}
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(map(str, (INSIDE, LIBRARY.parent, ROOMS.parent)))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": "/tmp/matplotlib",
            "IPYTHONDIR": "/tmp/ipython",
            "OMP_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
            **shown,
        }

    def flaws(self) -> str:
        """What a program in this sandbox can do and should not; "" if it holds."""
        keys = [str(copy / "_check.py") for copy in _copies_of_the_rooms()]
        program = [sys.executable, "-S", "-c", PROBE, str(Path(__file__).resolve()), str(LIBRARY), *keys]
        try:
            probe = self.start(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with probe:
                try:
                    said, complaint = probe.communicate(timeout=120)
                finally:
                    probe.kill()
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"it does not start: {error}"
        return said.strip() if probe.returncode == 0 else f"it does not start: {complaint.strip()[-300:]}"


def find(unsandboxed: bool = False) -> Sandbox:
    """The best sandbox that holds on this machine.

    Parameters
    ----------
    unsandboxed
        Where none holds, answer with none at all instead of refusing.

    Raises
    ------
    NoSandbox
        With what was tried, why it failed and how to get one.
    """
    missing = shutil.which("bwrap") is None
    flaws = "there is no program bwrap" if missing else Sandbox("bubblewrap").flaws()
    if not flaws:
        return Sandbox("bubblewrap")
    if unsandboxed:
        return Sandbox("none")
    raise NoSandbox(
        f"Student code is not run on this machine, because nothing here can lock it in: {flaws}.\n"
        "On Linux `apt-get install bubblewrap` is usually all it takes; in a container it also needs the right "
        "to make namespaces. If you trust every submission with your files, say so: --unsandboxed."
    )


def _what_python_needs() -> list[Path]:
    """The interpreter, its virtual environment and the folders of packages: never the project around them."""
    packages = {Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")}
    data = [Path(os.environ["COURSE_DATA"]).resolve()] if os.environ.get("COURSE_DATA") else []
    needed = [Path(sys.base_prefix).resolve(), Path(sys.prefix), *sorted(packages), *data]
    return [folder for folder in dict.fromkeys(needed) if folder.exists() and not folder.is_relative_to("/usr")]


@cache
def _unjudged() -> Path:
    """A copy of the rooms with what collects alone; it lasts as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="exercises-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    halves = [*ROOMS.glob("*/collect.py"), ROOMS / "_collect.py", ROOMS / "_collector.py"]
    copies = {UNJUDGED: folder / "__init__.py"} | {half: folder / half.relative_to(ROOMS) for half in halves}
    for path, copy in copies.items():
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)  # for a user without rights, whatever the umask here
    return folder


def _copies_of_the_rooms() -> list[Path]:
    """Wherever `exercises` lies on this machine: it may be installed beside the one that runs here."""
    places = [*map(Path, sys.path), *map(Path, site.getsitepackages([sys.prefix, sys.base_prefix]))]
    copies = (place.resolve() / "exercises" for place in places)
    return sorted({ROOMS, *(copy for copy in copies if (copy / "_collect.py").is_file())})


def _to_cover(folders: Sequence[Path]) -> list[Path]:
    """Where the sandbox looks for the rooms, and the copies that it would show."""
    shown = [*folders, *SYSTEM, ROOMS]
    copies = _copies_of_the_rooms()
    return [copy for copy in copies if any(copy.is_relative_to(folder.resolve()) for folder in shown)]


def _bubblewrap(folders: Sequence[Path], calls: int) -> list[str]:
    """What bubblewrap is to build, with folders to read and a filter of calls in a file that is open here."""
    command = ["bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    command += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--seccomp", str(calls)]
    if os.geteuid() == 0:
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    for path in _parents([*SYSTEM, *folders, ROOMS]):
        command += [
            "--perms",
            "0755",
            "--dir",
            str(path),
        ]  # left to itself, bubblewrap makes them for its own user alone
    for path in SYSTEM:
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            command += ["--ro-bind", str(path), str(path)]
    command += [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        str(SHARED_BYTES),
        "--perms",
        "1777",
        "--tmpfs",
        "/dev/shm",
    ]
    command += ["--size", str(SCRATCH_BYTES), "--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for path in _parents([*folders, ROOMS]):
        command += ["--perms", "0755", "--dir", str(path)]  # again, for what lies under /tmp
    for path in folders:
        command += ["--ro-bind", str(path), str(path)]
    for path in _to_cover(folders):
        command += ["--ro-bind", str(_unjudged()), str(path)]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--"]
    return command + (_without_rights() if os.geteuid() == 0 else [])


def _without_rights() -> list[str]:
    """Give up every right; under root also become a user of its own, so that its processes are counted alone."""
    somebody = str(FIRST_UID + (os.getpid() + next(_NEXT)) % UIDS)
    become = ["--reuid", somebody, "--regid", somebody, "--clear-groups"] if os.geteuid() == 0 else []
    # The kernel forgets the signal for the end of the parent when the user changes.
    return ["setpriv", *become, "--inh-caps=-all", "--no-new-privs", "--pdeathsig", "KILL"]


def _parents(paths: Sequence[Path]) -> list[Path]:
    """Every folder above the given ones, outermost first, without the root."""
    above = {parent for path in paths for parent in path.parents}
    return sorted(above - {Path("/")}, key=lambda folder: len(folder.parts))


_NEXT = itertools.count()
