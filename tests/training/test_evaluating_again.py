"""The real command: several processes share an evaluation, and one that was stopped goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipelines.check import Check
from pipelines.decoders import Turbo
from shards.refusal import one_sentence
from shards.sources.synthetic import Synthetic
from tests.making import make_all
from tests.training.real_runs import ROOT, command, environment, finish

KNOBS = [
    "--robustness.attacked",
    "280",
    "--robustness.attack-steps",
    "2",
    "--robustness.radii",
    "0.5",
    "4",
    "--linear.penalties",
    "0.01",
]
KEPT = "evaluation.json", "outcomes.safetensors"


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run on 600 and 300 images: three and two chunks."""
    folder = tmp_path_factory.mktemp("evaluated")
    source = Synthetic("image", train=600, test=300)
    for split, listing in source.splits().items():
        check = Check("image", (Turbo(),))
        make_all(source, listing, folder / "data" / split, samples_per_shard=200, jobs=1, check=check)
    finish(command("image", folder / "data", folder / "run", 2))
    return folder / "run"


@pytest.fixture(scope="module")
def calm(trained, tmp_path_factory) -> Path:
    """The same, evaluated by one process that nobody disturbed, on the same two cores."""
    folder = shutil.copytree(trained, tmp_path_factory.mktemp("calm") / "run")
    finish(words(folder))
    return folder


def words(folder: Path, processes: int = 1) -> list[str]:
    launch = ["taskset", "--cpu-list", ",".join(map(str, sorted(os.sched_getaffinity(0))[:2])), sys.executable]
    if processes > 1:
        launch += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [*launch, str(ROOT / "training" / "evaluate.py"), str(folder), *KNOBS]


def numbers(folder: Path) -> str:
    found = json.loads((folder / "evaluation.json").read_text())
    parts = found.pop("provenance")["parts"]
    assert all((folder / "evaluation" / part["folder"]).is_dir() for part in parts.values())
    assert found["recipe"].pop("out") == str(folder)
    return json.dumps(found)


def check_same(calm: Path, other: Path) -> None:
    assert numbers(calm) == numbers(other)
    assert (calm / "outcomes.safetensors").read_bytes() == (other / "outcomes.safetensors").read_bytes()


def chunks(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every chunk: which file it is, when it was written, and what it says."""
    files = sorted((folder / "evaluation").rglob("*.safetensors"))
    return {
        file.relative_to(folder).as_posix(): (file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes())
        for file in files
    }


def stop_within(folder: Path, how: signal.Signals, after: int, processes: int = 1) -> tuple[int, str]:
    """Send a signal to all processes as soon as so many chunks are there. Returns: exit code, and what was said."""
    run = subprocess.Popen(
        words(folder, processes), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env=environment(),
    )  # fmt: skip
    try:
        while len(list((folder / "evaluation").rglob("*.safetensors"))) < after:
            assert run.poll() is None, f"it ended before it could be stopped: {run.communicate()[0][-3000:]}"
            time.sleep(0.002)
    finally:
        parent = psutil.Process(run.pid)
        workers = parent.children(recursive=True) if how == signal.SIGKILL else []  # Ctrl-C the launcher hands on
        for process in [parent, *workers]:
            process.send_signal(how)
    said, _ = run.communicate(timeout=120)
    return run.returncode, said


@pytest.mark.long
def test_two_processes_find_what_one_finds(trained, calm, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "run")
    finish(words(folder, processes=2))
    check_same(calm, folder)
    one, two = chunks(calm), chunks(folder)
    assert len(one) > 10 and {name: chunk[2] for name, chunk in one.items()} == {n: c[2] for n, c in two.items()}


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("after", [2, 7])  # while features are made, and while clips are attacked
def test_killed_it_goes_on_where_it_was(trained, calm, tmp_path, processes, after):
    folder = shutil.copytree(trained, tmp_path / "run")
    code, _ = stop_within(folder, signal.SIGKILL, after, processes)
    done = chunks(folder)
    assert code == -signal.SIGKILL and after <= len(done) < len(chunks(calm))
    finish(words(folder, processes))
    check_same(calm, folder)
    assert {name: chunks(folder)[name] for name in done} == done  # the very files: nothing was measured again


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_ends_it_in_a_sentence(trained, calm, tmp_path, processes):
    folder = shutil.copytree(trained, tmp_path / "run")
    code, said = stop_within(folder, signal.SIGINT, 2, processes)
    assert "interrupted: what is measured is kept; the same command goes on from there" in said
    if processes == 1:
        assert code == 130 and "Traceback" not in said
    finish(words(folder, processes))
    check_same(calm, folder)


@pytest.mark.long
def test_two_evaluations_of_a_run_at_the_same_time_find_the_same(trained, calm, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "run")
    both = [subprocess.Popen(words(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in "ab"]
    for run in both:
        said, _ = run.communicate(timeout=300)
        assert run.returncode == 0, said[-3000:]
    check_same(calm, folder)


def test_who_has_something_to_say_of_ctrl_c_says_it(capsys):
    with pytest.raises(SystemExit) as ended, one_sentence("type the same command again"):
        raise KeyboardInterrupt
    assert ended.value.code == 130 and capsys.readouterr().err == "interrupted: type the same command again\n"
    with pytest.raises(KeyboardInterrupt), one_sentence():
        raise KeyboardInterrupt
