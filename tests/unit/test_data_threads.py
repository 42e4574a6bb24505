"""The thread cap, from control-group files as Linux writes them."""

import subprocess
import sys

import pytest

from course_lib import _threads


def group(tmp_path, membership: str, files: dict[str, str]):
    """A `/proc/self/cgroup` with those lines and a `/sys/fs/cgroup` with those files."""
    (tmp_path / "self").write_text(membership)
    mount = tmp_path / "mount"
    for name, text in files.items():
        path = mount / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "self", mount


V1 = "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n"


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "390000 100000\n"}, 3),  # floor: a fourth thread would only wait
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),  # half a processor still takes one thread
        ("0::/\n", {"cpu.max": "6400000 100000\n"}, 8),  # a quota above the machine
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3),  # the group around binds too
        ("0::/a/b\n", {"a/b/cpu.max": "200000 100000", "a/cpu.max": "500000 100000"}, 2),
        ("0::/on/the/host\n", {"cpu.max": "200000 100000"}, 2),  # in a container only the root is visible
        ("0::/\n", {}, 8),
        ("", {}, 8),
        (
            V1,
            {"cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000", "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000"},
            2,
        ),
        (V1, {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "50000"}, 2),
        (V1, {"cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"}, 8),
        (V1 + "0::/\n", {"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000", "cpu.max": "max 1"}, 4),
    ],
)
def test_the_least_quota_binds(tmp_path, membership, files, expected):
    assert _threads.limit(*group(tmp_path, membership, files), environ={}, cores=8) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("2", 2), ("4,2", 4), ("16", 8), ("", 8), ("0", 8), ("-1", 8), ("many", 8), (" 3 ", 3)]
)
def test_omp_num_threads_can_only_lower_the_limit(tmp_path, value, expected):
    absent = tmp_path / "absent"
    assert _threads.limit(absent, absent, environ={"OMP_NUM_THREADS": value}, cores=8) == expected


def test_a_system_without_control_groups_is_asked_for_its_processors(tmp_path):
    absent = tmp_path / "absent"
    assert _threads.limit(absent, absent, environ={}) == _threads._affinity() >= 1


@pytest.mark.parametrize(("allowed", "expected"), [(1, 1), (2, 2), (3, 3), (5, 3)])
def test_threads_are_lowered_and_never_raised(monkeypatch, allowed, expected):
    count = [3]
    monkeypatch.setattr(_threads.torch, "get_num_threads", lambda: count[0])
    monkeypatch.setattr(_threads.torch, "set_num_threads", lambda n: count.__setitem__(0, n))
    monkeypatch.setattr(_threads, "limit", lambda: allowed)
    assert _threads.cap_threads() == expected


def test_importing_the_library_caps_the_threads():
    code = "import torch; torch.set_num_threads(64); import course_lib; print(torch.get_num_threads())"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) == _threads.limit()
