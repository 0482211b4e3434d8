"""Chunks: shared by processes, gone on with, told apart by what they depend on, and believed only while whole."""

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from pipelines.loader import Place
from shards.refusal import Refusal
from training import chunked
from training.chunked import CHUNK, Chunked
from training.sealed import fingerprint

MANY = np.random.default_rng(0).permutation(2000)[:700]  # three chunks, the last one short
LOST = set(MANY[5:9].tolist()) | set(MANY[CHUNK : 2 * CHUNK].tolist())  # a few of one, all of another


class Counting:
    """Samples of which some are broken, and how often each chunk of the sound ones has been measured."""

    def __init__(self, lost: set[int] = frozenset(), stop_after: int | None = None):  # type: ignore[assignment]
        self.lost, self.stop_after, self.asked, self.measured = lost, stop_after, [], []

    def stream(self, samples):
        self.asked += samples.tolist()
        for start in range(0, len(samples), CHUNK):
            sound = np.array([n for n in samples[start : start + CHUNK].tolist() if n not in self.lost], np.int64)
            if len(sound):
                yield sound, torch.from_numpy(sound).double()

    def measure(self, numbers, clips):
        if self.stop_after == len(self.measured):
            raise KeyboardInterrupt
        self.measured.append(numbers)
        return {"square": clips**2, "pairs": torch.stack([clips, -clips], 1).float()}

    def rows(self, chunks, samples=MANY, part="part", **identity):
        return chunks.rows(part, identity, samples, self.stream, self.measure)


def alone(folder, **place) -> Chunked:
    return Chunked(Path(folder), Accelerator(cpu=True), Place(**place))


def check_rows(found, samples=MANY, lost=frozenset()):
    numbers, rows = found
    sound = [n for n in samples.tolist() if n not in lost]
    assert numbers.tolist() == sound and rows.keys() == {"square", "pairs"}
    truth = torch.tensor(sound, dtype=torch.float64)
    assert torch.equal(rows["square"], truth**2)
    assert torch.equal(rows["pairs"], torch.stack([truth, -truth], 1).float())


def test_each_sample_is_measured_once_in_chunks_of_its_own(tmp_path):
    counting = Counting()
    check_rows(counting.rows(alone(tmp_path)))
    assert [len(numbers) for numbers in counting.measured] == [CHUNK, CHUNK, 700 - 2 * CHUNK]
    check_rows(counting.rows(alone(tmp_path)))  # another process, later
    assert len(counting.measured) == 3 and len(counting.asked) == 700


def test_broken_samples_are_left_out_and_counted(tmp_path, capsys):
    counting = Counting(LOST)
    for _ in range(2):  # that a chunk has no sound sample is remembered too
        check_rows(counting.rows(alone(tmp_path)), lost=LOST)
        assert f"part: {len(LOST)} of 700 samples cannot be decoded and are left out" in capsys.readouterr().out
    assert len(counting.measured) == 2 and len(counting.asked) == 700


def test_no_sound_sample_at_all_is_refused(tmp_path):
    for _ in range(2):
        with pytest.raises(Refusal, match="part: none of 700 samples can be decoded; make the shards again"):
            Counting(set(MANY.tolist())).rows(alone(tmp_path))


def test_what_was_interrupted_goes_on(tmp_path):
    first, second = Counting(LOST, stop_after=1), Counting(LOST)
    with pytest.raises(KeyboardInterrupt):
        first.rows(alone(tmp_path))
    check_rows(second.rows(alone(tmp_path)), lost=LOST)
    assert len(first.measured) == 1 and not set(first.measured[0].tolist()) & set(second.asked)
    assert not list(tmp_path.rglob("*.part"))


class Together(Accelerator):
    """Threads that wait for each other as processes do."""

    def __init__(self, barrier: threading.Barrier):
        self.barrier = barrier

    def wait_for_everyone(self) -> None:
        self.barrier.wait(timeout=30)


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.safetensors")}


@pytest.mark.parametrize("world", [2, 5])  # of five, two have nothing to do
def test_several_processes_share_the_chunks_and_find_what_one_finds(tmp_path, world, capsys):
    one = alone(tmp_path / "one")
    check_rows(Counting(LOST).rows(one), lost=LOST)
    one.once("probe", {"of": 1}, lambda: {"weight": torch.arange(3.0)})
    barrier, found, computed = threading.Barrier(world), {}, []
    counts = [Counting(LOST) for _ in range(world)]

    def compute():
        computed.append(1)
        return {"weight": torch.arange(3.0)}

    def process(rank):
        chunks = Chunked(tmp_path / "all", Together(barrier), Place(rank, world))
        found[rank] = counts[rank].rows(chunks), chunks.once("probe", {"of": 1}, compute)

    capsys.readouterr()
    threads = [threading.Thread(target=process, args=(rank,)) for rank in range(world)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for rows, probe in (found[rank] for rank in range(world)):
        check_rows(rows, lost=LOST)
        assert probe["weight"].tolist() == [0, 1, 2]
    assert sorted(sum((count.asked for count in counts), [])) == sorted(MANY.tolist()) and computed == [1]
    assert files_of(tmp_path / "one") == files_of(tmp_path / "all")
    assert capsys.readouterr().out.count("cannot be decoded") == 1  # said by the first alone


def test_what_numbers_depend_on_has_a_folder_of_its_own(tmp_path, monkeypatch):
    net, other = nn.Linear(2, 2), nn.Linear(2, 2)
    other.load_state_dict({name: tensor + 1e-7 for name, tensor in net.state_dict().items()})
    made = lambda: len([file for file in tmp_path.iterdir() if file.is_dir()])  # noqa: E731
    counting, chunks = Counting(), alone(tmp_path)
    few = np.arange(4)
    calls = [
        {}, {"radius": 1.0}, {"radius": 2.0}, {"of": fingerprint(net)}, {"of": fingerprint(other)},
        {"part": "another"}, {"samples": few[:3]}, {"samples": few[::-1].copy()},
    ]  # fmt: skip
    for number, call in enumerate(calls, start=1):
        for _ in range(2):
            counting.rows(chunks, **{"samples": few} | call)
            assert made() == number == len(counting.measured)
    monkeypatch.setattr(chunked, "code_fingerprint", lambda: "other code")
    counting.rows(chunks, few)
    monkeypatch.setattr(chunked, "versions", lambda: {"torch": "another"})
    counting.rows(chunks, few)
    assert made() == len(calls) + 2


def test_the_same_weights_have_the_same_fingerprint_however_they_lie():
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    twin = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    twin.load_state_dict(net.state_dict())
    assert fingerprint(net) == fingerprint(twin)
    twin[0].weight = nn.Parameter(twin[0].weight.detach().t().contiguous().t())
    assert fingerprint(net) == fingerprint(twin)
    twin[1].num_batches_tracked += 1  # buffers count too
    assert fingerprint(net) != fingerprint(twin)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-3] ^= 4
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-8])


def clear(file: Path) -> None:
    file.write_bytes(b"")


def unsealed(file: Path) -> None:
    """What somebody else has written."""
    from safetensors.torch import load_file, save_file

    save_file({name: tensor + 1 for name, tensor in load_file(file).items()}, file)


@pytest.mark.parametrize("damage", [flip, cut, clear, unsealed])
@pytest.mark.parametrize("number", [0, 1])  # of 1 no sample is sound
def test_a_damaged_chunk_is_not_believed(tmp_path, capsys, damage, number):
    check_rows(Counting(LOST).rows(alone(tmp_path)), lost=LOST)
    file = next(tmp_path.rglob(f"{number:06}.safetensors"))
    before = file.read_bytes()
    damage(file)
    again = Counting(LOST)
    check_rows(again.rows(alone(tmp_path)), lost=LOST)
    assert again.asked == MANY[number * CHUNK : (number + 1) * CHUNK].tolist() and file.read_bytes() == before
    assert f"{file} is damaged and is measured again" in capsys.readouterr().out


def test_a_damaged_probe_is_found_again(tmp_path, capsys):
    computed = []
    for _ in range(2):
        alone(tmp_path).once("probe", {}, lambda: computed.append(1) or {"weight": torch.ones(3)})
    flip(next(tmp_path.rglob("all.safetensors")))
    found = alone(tmp_path).once("probe", {}, lambda: computed.append(1) or {"weight": torch.ones(3)})
    assert len(computed) == 2 and found["weight"].tolist() == [1, 1, 1]
    assert "all.safetensors is damaged" in capsys.readouterr().out


def test_two_evaluations_at_once_do_not_disturb_each_other(tmp_path):
    """Neither knows of the other, and both come to the same chunks at the same time."""
    meet = threading.Barrier(2)

    class Meeting(Counting):
        def measure(self, numbers, clips):
            meet.wait(timeout=30)
            return super().measure(numbers, clips)

    found, counts = {}, [Meeting(LOST), Meeting(LOST)]
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: counts[n].rows(alone(tmp_path))})) for n in range(2)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for n in range(2):
        check_rows(found[n], lost=LOST)


def test_a_process_that_is_to_measure_something_else_is_refused(tmp_path):
    """As when training has written a checkpoint between the starts of two processes."""
    with pytest.raises(Refusal, match="process 1 is to measure something else than process 0"):
        Counting().rows(alone(tmp_path, rank=1, world=2))
