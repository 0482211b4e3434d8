"""make_shards as users type it: recoding, textures, dry runs, parts of a Slurm array, rooms that are too small."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from shards.estimate import estimate, refuse_if_full
from shards.make import make_split
from shards.plan import Plan
from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.recode import JpegFrames
from shards.refusal import Refusal
from shards.sources.folder import Folder
from shards.sources.synthetic import Synthetic
from shards.target import Local
from shards.treat import Treatment
from tests.shards.conftest import picture
from tests.tools.test_commands import command, refused

PICTURES = ("synthetic", "--train", "5", "--test", "0")


def make(out: Path, *words, **more):
    return command("tools/make_shards.py", "--out", out, "--jobs", "1", *words, **more)


def test_images_made_smaller_with_textures_of_their_own(tmp_path):
    words = (*PICTURES, "texture:stochastic", "recode:smaller", "--recode.side", "32")
    done = make(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    shards = Shards(tmp_path / "train")
    assert shards.index.extent.tolist() == [[1, 32, 32]] * 5 and shards.index.texture.tolist() == [[32, 32]] * 5
    assert shards.manifest.made == {
        "recode": {"name": "Smaller", "side": 32, "quality": 90},
        "texture": {"name": "Stochastic", "side": None, "seed": 0},
    }
    assert len({bytes(shards.texture(sample) or b"") for sample in range(5)}) == 5
    sound = command("tools/check_shards.py", tmp_path / "train", "--full")
    assert sound.returncode == 0 and "recode Smaller: quality 90, side 32" in " ".join(sound.stdout.split())
    again = make(tmp_path / "again", "webdataset", "--tars", tmp_path / "train", "texture:none")
    assert again.returncode == 0, again.stderr
    copied = Shards(tmp_path / "again" / "train")
    assert [copied.texture(i) for i in range(5)] == [shards.texture(i) for i in range(5)]  # in a pass of its own too
    assert copied.index.texture.tolist() == [[32, 32]] * 5


def test_images_are_not_checked_by_decord(tmp_path):
    refused(make(tmp_path, "--check", "decord", *PICTURES), "--check decord is for video files")


def test_videos_as_frames_are_checked_by_the_decoders_of_images(tmp_path):
    words = ("synthetic", "--medium", "video", "--train", "3", "--test", "0", "--frames", "6", "recode:jpeg-frames")
    done = make(tmp_path, *words, "--recode.stride", "2")
    assert done.returncode == 0, done.stderr
    shards = Shards(tmp_path / "train")
    assert (shards.stored, shards.manifest.kind) == ("frames", "video")
    assert shards.index.extent[:, 0].tolist() == [3] * 3 and shards.index.origin.tolist() == [[0, 5, 2]] * 3
    assert shards.index.rate.tolist() == [[25, 4]] * 3
    assert [library.partition(" ")[0] for library in shards.manifest.checked] == ["dali", "pillow", "simplejpeg"]


def test_a_dry_run_writes_nothing_and_says_what_all_would_take(tmp_path):
    done = make(tmp_path / "out", "--dry-run", "synthetic", "--train", "1000", "--test", "100")
    assert done.returncode == 0, done.stderr
    assert "train: 1000 images of 8 classes, in 1 shards" in done.stdout and "of 64 samples: " in done.stdout
    assert "core-hours" in done.stdout and done.stdout.rstrip().endswith("needed: enough")
    assert not (tmp_path / "out").exists()


def test_a_recoding_of_the_other_medium_is_refused(tmp_path):
    refused(make(tmp_path, *PICTURES, "recode:h264"), "H264 recodes videos, the source has images")


def test_a_slurm_array_says_which_part(tmp_path):
    words = ("--check", "none", "--samples-per-shard", "2", *PICTURES)
    whole = make(tmp_path / "whole", *words)
    assert whole.returncode == 0, whole.stderr
    for task in ("4", "5"):
        slurm = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_MIN": "4", "SLURM_ARRAY_TASK_COUNT": "2"}
        done = make(tmp_path / "parts", *words, **slurm)
        assert done.returncode == 0, done.stderr
        assert ("the part that is done last writes the manifest" in done.stdout) == (task == "4")
    one, other = ({f.name: f.read_bytes() for f in (tmp_path / n / "train").iterdir()} for n in ("whole", "parts"))
    assert one == other


@dataclass(frozen=True)
class Small(Local):
    """A folder on a disk with little room."""

    room: int = 0

    def free(self) -> int:
        return self.room


@pytest.mark.parametrize("recode", [None, JpegFrames(side=None)])
def test_too_little_room_is_said_before_the_start(tmp_path, recode):
    source = Synthetic("video", train=6, test=0, frames=4) if recode else Synthetic(train=6, test=0)
    plan = Plan(source, source.splits()["train"], 3, Treatment(recode))
    list(make_split(plan, Local(tmp_path / "made")))
    size = sum(tar.stat().st_size for tar in (tmp_path / "made").glob("*.tar"))
    refuse_if_full(plan, Small(tmp_path / "x", int(1.3 * size)))
    with pytest.raises(
        Refusal, match="GB free, the data set needs about .* GB more .from 6 of its samples.; free some"
    ):
        refuse_if_full(plan, Small(tmp_path / "x", int(0.7 * size)))
    refuse_if_full(plan, Small(tmp_path / "made", int(0.3 * size)))  # what is made already needs no room


def test_an_estimate_counts_what_would_be_left_out(tmp_path):
    (tmp_path / "a").mkdir()
    for number in range(4):
        (tmp_path / "a" / f"{number}.jpg").write_bytes(picture(number) if number else b"no picture")
    source = Folder(tmp_path)
    one = estimate(Plan(source, source.splits()["train"]), few=10)
    assert one.tried == 4 and [(r.name, "cannot" in r.reason) for r in one.left_out] == [("a/0", True)]
    assert one.found == sum(file.stat().st_size for file in (tmp_path / "a").iterdir()) / 4


def test_equal_files_are_dropped_on_request(tmp_path):
    (tmp_path / "root" / "a").mkdir(parents=True)
    for number in range(4):
        (tmp_path / "root" / "a" / f"{number}.jpg").write_bytes(picture(number % 2))
    done = make(tmp_path / "out", "--dedupe", "--check", "none", "folder", "--root", tmp_path / "root")
    assert done.returncode == 0, done.stderr
    assert len(Shards(tmp_path / "out" / "train")) == 2 and "2 of 4 were left out" in done.stdout
    assert all("the same bytes as" in one.reason for one in read_quarantine(tmp_path / "out" / "train"))
    assert json.loads((tmp_path / "out" / "train" / "manifest.json").read_text())["quarantined"] == 2
