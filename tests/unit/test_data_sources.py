"""Where MNIST comes from and what happens when it is absent, damaged, half-written or fetched twice at once.

A stand-in for MNIST (30 images) is served by a real HTTP server on this machine, so that torchvision's own download
runs in these tests; only the digests and the addresses of the mirrors are replaced.
"""

import contextlib
import errno
import gc
import gzip
import hashlib
import json
import os
import pickle
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import filelock
import numpy as np
import pytest
import torch

from course_lib import data
from course_lib.data import CorruptFileError, DataUnavailable, _torchvision, download, mnist, verify

ROOT = Path(__file__).resolve().parents[2]
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
N = {"train": 20, "t10k": 10}
PATIENCE = 600  # seconds that a busy machine may take to start a process that imports torch


def idx_files() -> dict[str, bytes]:
    """A small MNIST: 20 training and 10 test images, as IDX files."""
    rng = np.random.default_rng(0)
    files = {}
    for stem, n in N.items():
        pixels = rng.integers(0, 256, n * 784, np.uint8).tobytes()
        files[f"{stem}-images-idx3-ubyte"] = struct.pack(">4i", 2051, n, 28, 28) + pixels
        files[f"{stem}-labels-idx1-ubyte"] = struct.pack(">2i", 2049, n) + bytes(i % 10 for i in range(n))
    return files


FILES = idx_files()
ARCHIVES = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in FILES.items()}
SHA256 = {name: hashlib.sha256(FILES[name]).hexdigest() for name in verify.SHA256}
RESOURCES = [(name, hashlib.md5(content).hexdigest()) for name, content in ARCHIVES.items()]


class Mirror(ThreadingHTTPServer):
    """Serves `archives`; `requests` counts who asked for what, `delay` makes it slow, or silent from one request on."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.archives = dict(ARCHIVES)
        self.requests: list[str] = []
        self.cut = False
        self.delay = 0.0
        self.silent_from = float("inf")
        self.speak = threading.Event()
        self.together = threading.Barrier(2)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request, client_address):
        """Keep quiet about clients that hang up or are killed: tests do that on purpose."""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        if name == "together":
            self.server.together.wait(PATIENCE)
            self.send_response(204)
            self.end_headers()
            return
        self.server.requests.append(name)
        if len(self.server.requests) >= self.server.silent_from:
            self.server.speak.wait(PATIENCE)
        time.sleep(self.server.delay)
        content = self.server.archives.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.server.cut else content)

    def log_message(self, *args):
        """Print nothing."""


@pytest.fixture
def mirror(monkeypatch):
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(_torchvision.datasets.MNIST, "mirrors", [server.url])
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder, the digests of the stand-in, no mirror, and nothing of this machine's surroundings."""
    for name in ("COURSE_DATA", "COURSE_OFFLINE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(verify, "SHA256", SHA256)
    monkeypatch.setattr(_torchvision.datasets.MNIST, "resources", RESOURCES)
    monkeypatch.setattr(_torchvision.datasets.MNIST, "mirrors", [])
    return tmp_path / "cache"


def fill(root: Path, **changes: bytes | None) -> Path:
    """Write the four files below `root`; `changes` by file name, "-" as "_": other content, or None for no file."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    files = FILES | {name.replace("_", "-"): content for name, content in changes.items()}
    for name, content in files.items():
        if content is not None:
            (raw / name).write_bytes(content)
    return raw


def content(raw: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in raw.iterdir()}


def identity(raw: Path) -> dict[str, tuple[int, int]]:
    """Which file it is and when it was written: both change if a file is replaced, even by its equal."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in raw.iterdir()}


def flipped(name: str) -> bytes:
    damaged = bytearray(FILES[name])
    damaged[len(damaged) // 2] ^= 1
    return bytes(damaged)


DAMAGE = {
    "truncated": FILES[IMAGES][:-1000],
    "empty": b"",
    "a flipped bit": flipped(IMAGES),
    "all zero": bytes(len(FILES[IMAGES])),
    "a web page": b"<html>Please log in to the wireless network</html>",
    "too long": FILES[IMAGES] + b"\0",
}
damaged_content = pytest.mark.parametrize("damaged", DAMAGE.values(), ids=DAMAGE)


def check_loaded(dataset):
    for split, stem in ((dataset.train, "train"), (dataset.test, "t10k")):
        pixels = np.frombuffer(FILES[f"{stem}-images-idx3-ubyte"], np.uint8, offset=16).reshape(-1, 784)
        assert np.array_equal(split.x.numpy(), pixels.astype(np.float32) / np.float32(255))
        assert split.y.tolist() == [i % 10 for i in range(N[stem])]


# --- the order of the sources ---------------------------------------------------------------------------------------


def test_course_data_comes_first(tmp_path, monkeypatch, cache, mirror):
    raw = fill(tmp_path / "given")
    fill(cache)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    assert mnist.find() == mnist.Source(raw, "$COURSE_DATA")
    check_loaded(data.load("mnist"))
    assert mirror.requests == []


def test_the_cache_comes_second(tmp_path, monkeypatch, cache, mirror):
    raw = fill(cache)
    for given in ("", str(tmp_path / "typing error"), str(tmp_path)):  # unset, absent, without MNIST
        monkeypatch.setenv("COURSE_DATA", given)
        assert mnist.find() == mnist.Source(raw, "the cache folder")
    check_loaded(data.load("mnist"))
    assert mirror.requests == []
    assert not (cache / "mnist.lock").exists()


def test_the_download_comes_last_and_stays_in_the_cache(cache, mirror):
    assert mnist.find().where == "a download, now in the cache folder"
    assert content(cache / "MNIST" / "raw") == FILES
    asked = len(mirror.requests)
    assert set(mirror.requests) == set(ARCHIVES)
    assert mnist.find().where == "the cache folder"
    check_loaded(data.load("mnist"))
    assert len(mirror.requests) == asked
    assert list(cache.glob(".mnist-*")) == []


def test_the_cache_is_the_systems_unless_course_cache_moves_it(monkeypatch, tmp_path):
    assert mnist.cache_folder() == (tmp_path / "cache").resolve()
    monkeypatch.delenv("COURSE_CACHE")
    assert "course_lib" in mnist.cache_folder().parts[-3:]


def test_files_in_the_format_of_an_old_torchvision_are_not_preferred(cache):
    raw = fill(cache)
    processed = raw.parent / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        torch.save((torch.zeros(3, 28, 28, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)), processed / name)
    check_loaded(data.load("mnist"))


# --- damaged files --------------------------------------------------------------------------------------------------


@damaged_content
def test_damage_in_course_data_is_named_and_left_alone(tmp_path, monkeypatch, cache, mirror, damaged):
    raw = fill(tmp_path / "given", train_images_idx3_ubyte=damaged)
    fill(cache)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    before = content(raw), identity(raw)
    for call in (lambda: data.load("mnist"), lambda: data.load("mnist", fallback="digits-28"), data.edition):
        with pytest.raises(CorruptFileError) as raised:
            call()
        message = str(raised.value)
        assert str(raw / IMAGES) in message
        assert f"got {raw / IMAGES} with {len(damaged):,} bytes" in message
        assert hashlib.sha256(damaged).hexdigest() in message
        assert f"expected sha256 {SHA256[IMAGES]}" in message
        assert "unset COURSE_DATA" in message
    assert (content(raw), identity(raw)) == before
    assert mirror.requests == []


def test_course_data_without_one_of_the_files_is_named(tmp_path, monkeypatch, cache):
    fill(tmp_path / "given", train_labels_idx1_ubyte=None)
    fill(cache)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    with pytest.raises(CorruptFileError, match=f"without {LABELS}, expected all four files"):
        data.load("mnist", fallback="digits-28")


@damaged_content
def test_damage_in_the_cache_is_repaired_and_only_that(cache, mirror, damaged):
    raw = fill(cache, train_images_idx3_ubyte=damaged)
    before = identity(raw)
    check_loaded(data.load("mnist"))
    assert content(raw) == FILES
    after = identity(raw)
    assert [name for name in FILES if after[name] != before[name]] == [IMAGES]
    assert set(mirror.requests) == {f"{IMAGES}.gz"}


def test_what_the_cache_lacks_is_added(cache, mirror):
    raw = fill(cache, train_labels_idx1_ubyte=None)
    check_loaded(data.load("mnist"))
    assert content(raw) == FILES
    assert set(mirror.requests) == {f"{LABELS}.gz"}


@pytest.mark.parametrize("offline", ["0", "1"])
def test_damage_in_the_cache_that_cannot_be_repaired_is_named_and_no_fallback_hides_it(
    cache, monkeypatch, dead_address, offline
):
    raw = fill(cache, train_images_idx3_ubyte=flipped(IMAGES))
    monkeypatch.setenv("COURSE_OFFLINE", offline)
    monkeypatch.setattr(_torchvision.datasets.MNIST, "mirrors", [dead_address])
    before = content(raw), identity(raw)
    for call in (lambda: data.load("mnist", fallback="digits-28"), data.edition):
        with pytest.raises(
            CorruptFileError, match=f"expected sha256 {SHA256[IMAGES]}: delete it or allow its download"
        ):
            call()
    assert (content(raw), identity(raw)) == before


def test_a_folder_in_the_place_of_a_file_counts_as_no_file(tmp_path, monkeypatch):
    raw = fill(tmp_path / "given", train_images_idx3_ubyte=None)
    (raw / IMAGES).mkdir()
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    with pytest.raises(CorruptFileError, match=f"without {IMAGES}"):
        data.load("mnist")


# --- downloads that go wrong ----------------------------------------------------------------------------------------


@pytest.fixture
def dead_address():
    """An address on this machine at which nobody listens; nor can another process come to, meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


def nothing_taken(cache: Path) -> bool:
    """Whether a failed attempt left neither a data file nor a temporary folder."""
    return [path.name for path in cache.rglob("*") if path.is_file()] in ([], ["mnist.lock"]) and not list(
        cache.glob(".mnist-*")
    )


def broken(server: Mirror, how: str) -> None:
    if how == "cut":
        server.cut = True
    elif how == "not found":
        server.archives.clear()
    else:  # a valid archive of other content: torchvision's md5 is what refuses it
        server.archives = {name: gzip.compress(b"other") for name in ARCHIVES}


@pytest.mark.parametrize("how", ["cut", "not found", "other"])
def test_a_broken_download_is_never_taken(cache, mirror, how):
    broken(mirror, how)
    with pytest.raises(DataUnavailable, match="the download failed"):
        data.load("mnist")
    assert nothing_taken(cache)
    mirror.cut, mirror.archives = False, dict(ARCHIVES)
    check_loaded(data.load("mnist"))


@pytest.mark.parametrize("how", ["cut", "not found", "other"])
def test_the_second_mirror_answers_where_the_first_fails(cache, mirror, monkeypatch, how):
    with Mirror() as bad:
        broken(bad, how)
        thread = threading.Thread(target=bad.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(_torchvision.datasets.MNIST, "mirrors", [bad.url, mirror.url])
        check_loaded(data.load("mnist"))
        bad.shutdown()
        thread.join()
    assert set(bad.requests) == set(mirror.requests) == set(ARCHIVES)


def test_a_silent_mirror_is_given_up_and_the_socket_timeout_restored(cache, mirror, monkeypatch):
    monkeypatch.setattr(download, "SOCKET_TIMEOUT", 0.2)
    mirror.delay = 1.0
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(123.0)
    try:
        with pytest.raises(DataUnavailable, match="timed out"):
            data.load("mnist")
        assert socket.getdefaulttimeout() == 123.0
    finally:
        socket.setdefaulttimeout(before)
    assert nothing_taken(cache)


def dies_half_way(url, folder, filename, md5):
    """The third file stops in the middle, as if somebody had pressed Ctrl-C."""
    name = filename.removesuffix(".gz")
    if list(FILES).index(name) == 2:
        Path(folder, name).write_bytes(FILES[name][:100])
        raise KeyboardInterrupt
    Path(folder, name).write_bytes(FILES[name])


def writes_other_bytes(url, folder, filename, md5):
    """Right in size, wrong in one bit, and no md5 that complains: our own digest has to notice."""
    name = filename.removesuffix(".gz")
    Path(folder, name).write_bytes(flipped(name))


def has_no_network(url, folder, filename, md5):
    raise URLError(OSError("Name or service not known"))


def fills_the_disk(url, folder, filename, md5):
    Path(folder, filename.removesuffix(".gz")).write_bytes(b"a little")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (dies_half_way, KeyboardInterrupt, None),
        (writes_other_bytes, DataUnavailable, "got .* expected sha256"),
        (has_no_network, DataUnavailable, "URLError: .*Name or service not known"),
        (fills_the_disk, DataUnavailable, "No space left on device"),
    ],
)
@pytest.mark.parametrize("start", ["empty", "lacking", "damaged"])
def test_a_failed_attempt_leaves_the_cache_as_it_was(cache, monkeypatch, action, error, message, start):
    monkeypatch.setattr(_torchvision.datasets.MNIST, "mirrors", ["http://mirror.invalid/"])
    monkeypatch.setattr(_torchvision, "download_and_extract_archive", action)
    raw = cache / "MNIST" / "raw"
    if start == "empty":
        raw.mkdir(parents=True)
    elif start == "lacking":
        fill(cache, train_images_idx3_ubyte=None)
    else:
        fill(cache, **{name.replace("-", "_"): b"half" for name in list(FILES)[1:]})
    before = content(raw), identity(raw)
    if start == "damaged" and error is DataUnavailable:
        error = CorruptFileError
    if action is dies_half_way and start == "lacking":
        monkeypatch.setattr(_torchvision, "download_and_extract_archive", interrupted)
    with pytest.raises(error, match=message):
        data.load("mnist")
    assert (content(raw), identity(raw)) == before
    assert list(cache.glob(".mnist-*")) == []


def interrupted(url, folder, filename, md5):
    Path(folder, filename.removesuffix(".gz")).write_bytes(b"a little")
    raise KeyboardInterrupt


# --- other processes ------------------------------------------------------------------------------------------------

CHILD = """
import json, sys, urllib.request
from course_lib import data
from course_lib.data import _torchvision, mnist, verify
settings = json.load(sys.stdin)
verify.SHA256 = settings["sha256"]
_torchvision.datasets.MNIST.resources = [tuple(pair) for pair in settings["resources"]]
_torchvision.datasets.MNIST.mirrors = [settings["mirror"]]
if settings["together"]:
    urllib.request.urlopen(settings["mirror"] + "together").close()
where = mnist.find().where
loaded = data.load("mnist")
print(json.dumps([where, len(loaded.train), float(loaded.train.x.double().sum())]))
"""


def child(mirror: Mirror, together: bool = False) -> subprocess.Popen:
    """A process that loads MNIST from this server into the same cache."""
    settings = {"sha256": SHA256, "resources": RESOURCES, "mirror": mirror.url, "together": together}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    process.stdin.write(json.dumps(settings))
    process.stdin.close()
    process.stdin = None
    return process


def test_two_processes_at_once_download_once_and_both_load(cache, mirror):
    mirror.delay = 0.3  # far longer than the other one needs to look into the cache
    processes = [child(mirror, together=True) for _ in range(2)]
    answers = []
    for process in processes:
        out, err = process.communicate()
        assert process.returncode == 0, err
        answers.append(json.loads(out))
    total = float(data.load("mnist").train.x.double().sum())
    assert [answer[1:] for answer in answers] == [[20, total]] * 2
    assert content(cache / "MNIST" / "raw") == FILES
    assert list(cache.glob(".mnist-*")) == []
    asked, mirror.requests, mirror.delay = sorted(mirror.requests), [], 0
    shutil.rmtree(cache)
    data.load("mnist")  # in one process
    assert asked == sorted(mirror.requests)


def test_a_process_that_is_killed_leaves_nothing_that_counts(cache, mirror):
    mirror.silent_from = 3  # in the middle of the second file
    process = child(mirror)
    while len(mirror.requests) < 3 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert list((cache / "MNIST" / "raw").iterdir()) == []
    assert list(cache.glob(".mnist-*")) != []
    mirror.silent_from = float("inf")
    mirror.speak.set()
    check_loaded(data.load("mnist"))
    assert list(cache.glob(".mnist-*")) == []


def test_a_lock_that_stays_taken_is_named(cache, mirror, monkeypatch):
    monkeypatch.setattr(download, "LOCK_TIMEOUT", 0.1)
    cache.mkdir()
    with (
        filelock.FileLock(cache / "mnist.lock"),
        pytest.raises(DataUnavailable, match=r"got no lock on .* within 0\.1 s"),
    ):
        data.load("mnist")


# --- folders that cannot be written to ------------------------------------------------------------------------------


@contextlib.contextmanager
def read_only(folder: Path):
    """Take the right to write from a folder and, for root, whom that does not stop, the right of being root."""
    if sys.platform == "win32":
        pytest.skip("on Windows nobody loses the right to write into a folder by chmod: read-only ones were not tested")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


@pytest.fixture
def reachable_cache(monkeypatch):
    """A cache folder that any user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("COURSE_CACHE", str(Path(folder) / "cache"))
        yield Path(folder) / "cache"


def test_a_read_only_cache_with_good_files_is_used(reachable_cache):
    fill(reachable_cache)
    with read_only(reachable_cache):
        with pytest.raises(PermissionError):
            (reachable_cache / "probe").touch()
        check_loaded(data.load("mnist"))


@pytest.mark.parametrize("start", ["absent", "empty", "damaged"])
def test_an_unwritable_cache_is_named_with_the_variables_to_set(reachable_cache, mirror, start):
    if start == "damaged":
        fill(reachable_cache, train_images_idx3_ubyte=b"half")
    elif start == "empty":
        reachable_cache.mkdir()
    with read_only(reachable_cache.parent), pytest.raises((DataUnavailable, CorruptFileError)) as raised:
        data.load("mnist")
    message = str(raised.value)
    assert isinstance(raised.value, CorruptFileError) == (start == "damaged")
    assert f"got a cache folder {reachable_cache.resolve()} that cannot be written to" in message
    assert "set COURSE_CACHE" in message
    assert "or COURSE_DATA" in message
    assert mirror.requests == []


def test_a_file_in_the_place_of_the_cache_folder_is_named(cache, mirror):
    cache.write_text("not a folder")
    with pytest.raises(DataUnavailable, match=r"got a cache folder .* that cannot be written to"):
        data.load("mnist")
    assert cache.read_text() == "not a folder"


# --- no MNIST to be had ---------------------------------------------------------------------------------------------


def names_the_three_ways(message: str, cache: Path) -> bool:
    return (
        "expected one of three: COURSE_DATA" in message
        and f"the same four files in {cache.resolve() / 'MNIST' / 'raw'}" in message
        and "a network to download them" in message
    )


def test_offline_the_error_names_the_three_ways(cache, monkeypatch, mirror):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(DataUnavailable) as raised:
        data.load("mnist")
    assert names_the_three_ways(str(raised.value), cache)
    assert "COURSE_OFFLINE forbids the download" in str(raised.value)
    assert mirror.requests == []
    assert not cache.exists()


def test_without_network_the_error_names_the_three_ways_at_once(cache, monkeypatch, dead_address):
    monkeypatch.setattr(_torchvision.datasets.MNIST, "mirrors", [dead_address] * 2)
    with pytest.raises(DataUnavailable) as raised:
        data.load("mnist")
    assert names_the_three_ways(str(raised.value), cache)
    assert str(raised.value).count(os.strerror(errno.ECONNREFUSED)) == 2  # at once: for neither was there a time-out
    assert isinstance(raised.value.__cause__.__cause__, URLError)  # the traceback shows what really happened
    again = pickle.loads(pickle.dumps(raised.value))  # as a process pool sends it
    assert (str(again), again.reason) == (str(raised.value), raised.value.reason)


def test_the_error_says_where_course_data_points(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataUnavailable, match=f"COURSE_DATA .now {tmp_path / 'nowhere'}, which has no MNIST/raw"):
        data.load("mnist")


@pytest.mark.parametrize("fallback", ["digits-28", "digits"])
def test_the_fallback_says_so_on_the_page(cache, monkeypatch, fallback):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    dataset = data.load("mnist", fallback=fallback)
    assert dataset.name == fallback
    assert torch.equal(dataset.train.x, data.load(fallback).train.x)
    assert dataset.note.startswith(
        f"This copy of the page was built on {fallback}, because MNIST could not be had: no source holds it and"
        " COURSE_OFFLINE is set; the numbers below are computed from it."
    )
    assert "because MNIST could not be had" in dataset._repr_html_()
    assert str(cache) not in dataset.note  # a published page names no folder of the machine that built it
    assert "built on" not in data.load(fallback).note


def test_mnist_itself_is_no_fallback_for_mnist(monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(DataUnavailable):
        data.load("mnist", fallback="mnist")


def test_a_fallback_is_not_used_where_mnist_is_there(cache):
    fill(cache)
    dataset = data.load("mnist", fallback="digits-28")
    assert dataset.name == "mnist"
    assert "built on" not in dataset.note


# --- editions, memory, command line ---------------------------------------------------------------------------------


def test_the_edition_is_mnist_where_that_can_be_had(cache, mirror):
    assert data.edition() == "mnist"
    assert content(cache / "MNIST" / "raw") == FILES


def test_the_edition_is_digits_where_not(monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert data.edition() == "digits-28"


def test_a_data_set_in_use_is_shared_and_one_that_is_not_is_freed(cache):
    fill(cache)
    dataset = data.load("mnist")
    assert data.load("mnist") is dataset
    alive = weakref.ref(dataset)
    del dataset
    gc.collect()
    assert alive() is None
    check_loaded(data.load("mnist"))


def test_a_shared_data_set_that_was_written_into_is_read_afresh(cache):
    fill(cache)
    first = data.load("mnist")
    first.train.x.mul_(0.5)
    second = data.load("mnist")
    check_loaded(second)
    assert data.load("mnist") is second


def test_a_data_set_loaded_without_gradients_can_be_trained_on(cache):
    fill(cache)
    with torch.inference_mode():
        dataset = data.load("mnist")
    weight = torch.zeros(784, 1, requires_grad=True)
    (dataset.train.x @ weight).sum().backward()
    assert weight.grad.abs().sum() > 0


def test_a_shared_data_set_does_not_hide_that_its_file_was_damaged(cache, monkeypatch):
    raw = fill(cache)
    dataset = data.load("mnist")
    (raw / IMAGES).write_bytes(flipped(IMAGES))
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(CorruptFileError):
        data.load("mnist")
    check_loaded(dataset)


def command(**environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "course_lib.data"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"COURSE_OFFLINE": "1"} | environ,
    )


def test_the_command_says_what_is_missing():
    run = command()
    assert run.returncode == 0
    assert run.stdout.startswith("edition: digits-28\nsource: scikit-learn\nMNIST: got no MNIST: ")


def test_the_command_fails_on_a_damaged_file(tmp_path):
    fill(tmp_path / "given")  # against the digests of the real MNIST the stand-in is damaged
    run = command(COURSE_DATA=str(tmp_path / "given"))
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("edition: none\ngot ")


def test_the_command_names_edition_and_source(cache, capsys):
    from course_lib.data.__main__ import main

    raw = fill(cache)
    assert main() == 0
    assert capsys.readouterr().out == f"edition: mnist\nsource: the cache folder ({raw.resolve()})\n"
    shutil.rmtree(cache)
