"""Making is stopped in every way, divided and repeated: the result is always the same bytes, and nobody is left."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import pytest

from shards.index import Index
from shards.lock import locked
from shards.make import Task, make_split
from shards.manifest import Manifest
from shards.plan import Plan
from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.refusal import Refusal
from shards.remote import Remote, open_target
from shards.sources.folder import Folder
from shards.target import Local, Target
from tests.shards import slow
from tests.shards.conftest import picture

ROOT = Path(__file__).parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def run(target: Target, task: Task = Task(), **options) -> list[bool]:  # noqa: B008, it is frozen
    """Make a data set here. Returns: of every shard of the task, whether it was made by an earlier run."""
    return [done.earlier for done in make_split(slow.plan(**options), target, task=task)]


def start(out: Path, jobs: int = 2, *task: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.shards.slow", str(out), str(jobs), *task]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def children(process: int) -> list[int]:
    """Those of a process, and theirs."""
    file = Path(f"/proc/{process}/task/{process}/children")
    direct = [int(child) for child in file.read_text().split()] if file.exists() else []
    return direct + [below for child in direct for below in children(child)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    """The files of a making that nothing stopped."""
    out = tmp_path_factory.mktemp("whole")
    assert run(Local(out)) == [False] * 8
    return contents(out)


def test_nothing_that_served_the_making_is_left(whole):
    shards = [f"{i:06d}.{ending}" for i in range(8) for ending in ("idx", "index.npz", "tar")]
    assert sorted(whole) == [*shards, "manifest.json", "manifest.sha256"]


@pytest.mark.parametrize("after", [1, pytest.param(3, marks=pytest.mark.long), pytest.param(6, marks=pytest.mark.long)])
def test_killed_with_all_its_processes_it_goes_on_to_the_same_bytes(tmp_path, whole, after):
    process = start(tmp_path)
    for _ in range(after):
        assert process.stdout.readline()
    family = children(process.pid)
    assert len(family) >= 3  # the pool and its validators
    process.kill()
    process.communicate()
    deadline = time.time() + 20
    while [one for one in family if Path(f"/proc/{one}").exists()] and time.time() < deadline:
        time.sleep(0.1)
    assert not [one for one in family if Path(f"/proc/{one}").exists()], "orphans"
    finished = {file.stem for file in (tmp_path / "making").glob("0*.json")}
    assert finished and not (tmp_path / "manifest.json").exists()
    for tar in tmp_path.glob("*.tar"):
        assert tar.read_bytes() == whole[tar.name]  # no final-named partial shard
    assert sum(run(Local(tmp_path))) == len(finished)
    assert contents(tmp_path) == whole


def test_a_killed_worker_ends_the_run_with_a_sentence_and_the_next_goes_on(tmp_path, whole):
    process = start(tmp_path)
    assert process.stdout.readline()
    direct = [c for c in children(process.pid) if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]
    os.kill(direct[0], signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 2
    assert "a process that makes shards was killed" in said and "run the same command again" in said
    assert any(run(Local(tmp_path)))
    assert contents(tmp_path) == whole


def test_a_full_disk_is_said_and_loses_nothing(tmp_path, whole):
    largest = max(len(content) for name, content in whole.items() if name.endswith(".tar"))
    full = (largest - 1, resource.RLIM_INFINITY)  # stands in for the disk: the system refuses to write more
    process = start(tmp_path, 1, preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                                     resource.setrlimit(resource.RLIMIT_FSIZE, full)))  # fmt: skip
    _, said = process.communicate()
    assert process.returncode == 2 and f"{tmp_path} is full (File too large); the finished shards stay" in said
    assert not list(tmp_path.rglob("*.part"))
    run(Local(tmp_path))
    assert contents(tmp_path) == whole


def test_tasks_side_by_side_make_what_one_makes(tmp_path, whole):
    parts = [start(tmp_path, 1, str(task), "3") for task in range(3)]
    said = [part.communicate() for part in parts]
    assert [(part.returncode, err) for part, (_, err) in zip(parts, said, strict=True)] == [(0, "")] * 3
    assert contents(tmp_path) == whole


def test_the_task_that_is_done_last_writes_the_manifest_and_all_may_come_again(tmp_path, whole):
    for task in (2, 0, 1):
        assert not (tmp_path / "manifest.json").exists()
        assert not any(run(Local(tmp_path), Task(task, 3)))
    assert contents(tmp_path) == whole
    assert run(Local(tmp_path), Task(1, 3)) == run(Local(tmp_path)) == []


@pytest.mark.parametrize("place", ["folder", "memory"])
def test_who_is_done_while_another_finishes_has_nothing_to_do(tmp_path, whole, place):
    target = Local(tmp_path) if place == "folder" else Remote("memory://finishing")
    with locked(target.inside("making"), "finish.lock", "it"):
        assert run(target) == [False] * 8
    assert "manifest.json" not in target.names()
    assert run(target) == [True] * 8  # the other one was killed: the next to come finishes
    assert target.read("manifest.json") == whole["manifest.json"] and not target.inside("making").names()


@pytest.mark.parametrize("place", ["folder", "memory"])
def test_the_second_run_of_a_task_is_refused_by_the_name_of_the_first(tmp_path, place):
    target = Local(tmp_path) if place == "folder" else Remote("memory://locked")
    me = f"is being made by process {os.getpid()} on {socket.gethostname()}; wait"
    with locked(target.inside("making"), "task-0-of-1.lock", "it"):
        with pytest.raises(Refusal, match=me):
            run(target)
        if place == "folder":  # the same shards, divided otherwise
            with pytest.raises(Refusal, match=me):
                run(target, Task(0, 2))
    assert len(run(target, Task(1, 2))) == 4


def test_a_lock_on_an_object_store_dies_with_its_holder(monkeypatch):
    target = Remote("memory://abandoned")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for holder in ({"host": socket.gethostname(), "process": dead.pid, "time": time.time()},
                   {"host": "elsewhere", "process": 1, "time": time.time() - 121}):  # fmt: skip
        target.write("task.lock", json.dumps(holder).encode())
        with locked(target, "task.lock", "it"):
            assert json.loads(target.read("task.lock"))["process"] == os.getpid()
        assert target.names() == set()
    target.write("task.lock", json.dumps({"host": "elsewhere", "process": 1, "time": time.time() - 60}).encode())
    with pytest.raises(Refusal, match="process 1 on elsewhere"), locked(target, "task.lock", "it"):
        pass


def test_what_fsspec_knows_gets_the_same_bytes(whole):
    run(Remote("memory://bucket/set"), Task(0, 2))
    run(Remote("memory://bucket/set"), Task(1, 2))
    files = fsspec.filesystem("memory")
    found = {path.removeprefix("/bucket/set/"): files.cat_file(path) for path in files.find("/bucket/set")}
    assert found == whole


def test_an_unknown_place_is_refused_with_what_to_install():
    with pytest.raises(Refusal, match="s3://bucket/x: .*pip install s3fs"):
        open_target("s3://bucket/x")
    with pytest.raises(Refusal, match="nonsense"):
        open_target("nonsense://x")


def test_another_plan_is_refused_while_one_is_unfinished(tmp_path):
    run(Local(tmp_path), Task(0, 2))
    with pytest.raises(Refusal, match=f"{tmp_path} holds an unfinished making of something else"):
        run(Local(tmp_path), dedupe=True)


def test_tars_of_others_are_not_touched(tmp_path):
    (tmp_path / "000000.tar").write_bytes(b"mine")
    with pytest.raises(Refusal, match="tars that were not made here"):
        run(Local(tmp_path))
    assert (tmp_path / "000000.tar").read_bytes() == b"mine"


@pytest.mark.parametrize("number, of", [(-1, 2), (2, 2), (0, 0)])
def test_a_task_that_cannot_be_is_refused(number, of):
    with pytest.raises(Refusal, match="--task-id must lie in"):
        Task(number, of)


@pytest.mark.parametrize("task", [None, pytest.param(2, marks=pytest.mark.long)])
def test_equal_bytes_are_dropped_but_for_the_first(tmp_path, whole, task):
    for part in range(task or 1):
        run(Local(tmp_path), Task(part, task or 1), dedupe=True)
    shards = Shards(tmp_path)
    left_out = read_quarantine(tmp_path)
    assert (len(shards), shards.manifest.quarantined, len(left_out)) == (20, 4, 4)
    first = {int(one.name[1:]) % 20: one.reason for one in left_out}
    kept = {name: int(name[1:]) for name in shards.index.name.tolist()}
    assert sorted(number % 20 for number in kept.values()) == list(range(20))
    for same, reason in first.items():
        (name,) = [name for name, number in kept.items() if number % 20 == same]
        assert reason == f"the same bytes as {name!r}"
    unchanged = [name for name, content in contents(tmp_path).items() if whole.get(name) == content]
    assert unchanged  # shards without doubles are as they were
    assert all(len(Index.load(file)) for file in tmp_path.glob("*.npz"))


@pytest.mark.parametrize("at", range(4))
def test_stopped_while_equal_bytes_are_dropped_it_ends_with_the_same_bytes(tmp_path, monkeypatch, at):
    run(Local(tmp_path / "whole"), dedupe=True)
    writes, real = iter(range(100)), Local.write

    def write(target: Local, name: str, content: bytes) -> None:
        if "making" in target.path.parts and name.startswith("0") and next(writes) == 8 + at // 2:
            if at % 2:
                real(target, name, content)
            raise KeyboardInterrupt  # when a shard has been made again, before or after its record is written
        real(target, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Local, "write", write)
        with pytest.raises(KeyboardInterrupt):
            run(Local(tmp_path / "stopped"), dedupe=True)
    assert not (tmp_path / "stopped" / "manifest.json").exists()
    run(Local(tmp_path / "stopped"), dedupe=True)
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_what_has_vanished_since_it_was_listed_is_left_out(tmp_path):
    root = tmp_path / "root"
    for number in range(3):
        (root / "a").mkdir(parents=True, exist_ok=True)
        (root / "a" / f"{number}.jpg").write_bytes(picture(number))
    source = Folder(root)
    plan = Plan(source, source.splits()["train"], 2)
    (root / "a" / "1.jpg").unlink()
    list(make_split(plan, Local(tmp_path / "out")))
    assert Manifest.load(tmp_path / "out").samples == 2
    assert [(one.name, one.reason) for one in read_quarantine(tmp_path / "out")] == [
        ("a/1", "cannot be fetched: No such file or directory")
    ]
