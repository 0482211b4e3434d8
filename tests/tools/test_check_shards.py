"""tools/check_shards.py as users type it: what it prints, and its exit codes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shards.index import Index
from shards.read import Shards
from shards.refusal import Refusal
from tools.check_shards import check

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(generated, tmp_path) -> Path:
    """OUT of two splits that a test may damage."""
    return Path(shutil.copytree(generated[1], tmp_path / "copy"))


def flip(split: Path, shard: str, sample: int) -> str:
    """Change one bit of a sample's media. Returns: its name."""
    index, tar = Index.load(split / f"{shard}.index.npz"), split / f"{shard}.tar"
    content = bytearray(tar.read_bytes())
    content[index.offset[sample] + index.size[sample] // 2] ^= 4
    tar.write_bytes(content)
    return str(index.name[sample])


def test_a_sound_folder_of_splits(generated, capsys, tmp_path):
    medium, out = generated
    assert check(out, full=True, sheet=tmp_path / "sheet.png")
    printed = capsys.readouterr().out
    assert f"\n{out}: sound\nnext: python tools/show_batch.py" in printed and "leakage" not in printed
    table = " ".join(printed[printed.index(f"{out / 'train'}\n") :].split())
    for words in (f"kind {medium} samples 24 in 3 shards", "height × width 48 × 48, all", "(of 24 files read)"):
        assert words in table
    assert "quarantine none duplicates none faults none" in table
    for split in ("test", "train"):
        assert (tmp_path / f"sheet-{split}.png").read_bytes().startswith(b"\x89PNG")


def test_a_split_that_was_looked_at_quickly_is_sound_as_far_as_was_looked(generated, capsys):
    train = generated[1] / "train"
    assert check(train)
    assert f"{train}: sound, as far as was looked\nnext: python tools/check_shards.py {train} --full" in (
        capsys.readouterr().out
    )


def test_every_fault_of_every_split_is_printed(copy, capsys):
    damaged = {("train", "000000", 1), ("train", "000002", 3), ("test", "000000", 2)}
    names = {(shard, flip(copy / split, shard, sample)) for split, shard, sample in damaged}
    assert not check(copy, full=True)
    printed = capsys.readouterr().out
    for shard, name in names:
        assert f"    {shard}: {name}: its " in printed
    assert f"{copy}: 6 faults\nnext: delete {copy / 'test'} and make it again" in printed  # each with its tar's hash


def test_a_sample_that_cannot_be_shown_is_a_fault(copy, capsys, tmp_path):
    name = flip(copy / "test", "000000", 0)
    assert not check(copy / "test", sheet=tmp_path / "sheet.png")
    printed = capsys.readouterr().out
    assert f"sheet: {tmp_path / 'sheet.png'}" in printed and f"sample {name!r} has changed" in printed


def test_a_split_that_cannot_be_opened_has_no_sheet_but_faults(copy, capsys, tmp_path):
    (copy / "test" / "000000.tar").unlink()
    assert not check(copy / "test", sheet=tmp_path / "sheet.png")
    printed = capsys.readouterr().out
    assert "sheet: none was drawn" in printed and "000000: the tar is missing" in printed
    assert not (tmp_path / "sheet.png").exists()


def test_leakage_between_splits_is_found(copy, capsys):
    shutil.copytree(copy / "train", copy / "val")
    assert check(copy)  # the bytes are sound
    first = Shards(copy / "train").index.name
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("leakage: ")]
    assert line.startswith("leakage: train and val share 24 files: for one, train/")
    assert line.rpartition("/")[2] in first


def test_an_unreadable_manifest_is_a_fault_none_is_refused(copy):
    (copy / "test" / "manifest.json").write_text("{")
    assert not check(copy)
    for folder in (copy / "train" / "nowhere", copy.parent / "empty"):
        (copy.parent / "empty").mkdir(exist_ok=True)
        with pytest.raises(Refusal, match="make_shards.py"):
            check(folder)


@pytest.mark.parametrize("generated", ["image"], indirect=True)
def test_exit_codes(tmp_path, generated):
    shutil.copytree(generated[1] / "test", tmp_path / "test")
    flip(tmp_path / "test", "000000", 0)
    for folder, code in ((generated[1], 0), (tmp_path, 1), (tmp_path / "nowhere", 2)):
        words = [sys.executable, ROOT / "tools/check_shards.py", folder, "--full"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        assert ("error: no folder" in done.stderr) == (code == 2)
