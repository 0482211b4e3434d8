"""What holds for all corruptions: shapes, keys, clips, and that more severe is further away."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.corruptions import EXTRA, STANDARD, optional
from pipelines.corruptions.frost import _ice
from pipelines.corruptions.noise import GAUSSIAN, IMPULSE, SHOT, SPECKLE
from shards.refusal import Refusal

ALL = {one.name: one for one in STANDARD + EXTRA}
STILL = (
    "defocus_blur",
    "zoom_blur",
    "gaussian_blur",
    "brightness",
    "contrast",
    "saturate",
    "pixelate",
    "jpeg_compression",
)
NOISE = ("gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise")
OTHER_IN_KIND = {"elastic_transform", "spatter", "saturate"}  # published severities that are not more of the same
NEARLY = {"glass_blur", "frost", "snow", "motion_blur"}  # neighbouring severities lie too close, or chance decides


def pictures(count: int, side: int, frames: int = 1) -> torch.Tensor:
    """Soft colours with a grain: uint8 [count, frames, 3, side, side]."""
    draws = np.random.default_rng(side)
    soft = [
        Image.fromarray(draws.integers(0, 256, (side // 8, side // 8, 3), np.uint8)).resize((side, side), 3)
        for _ in range(count * frames)
    ]
    grain = draws.integers(-15, 16, (count * frames, side, side, 3))
    grainy = np.clip(np.stack([np.asarray(one) for one in soft]) + grain, 0, 255).astype(np.uint8)
    return torch.from_numpy(grainy).permute(0, 3, 1, 2).reshape(count, frames, 3, side, side)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("side", [32, 50, 96, 224])
def test_every_severity_gives_pixels_of_the_same_shape(name, side):
    clips = pictures(1, side)
    before = clips.clone()
    for severity in (1, 2, 3, 4, 5) if side == 32 else (2, 5):
        changed = ALL[name](clips, np.arange(1), severity)
        assert changed.dtype == torch.uint8 and changed.shape == clips.shape
        assert name == "spatter" or not torch.equal(changed, clips)
    assert torch.equal(clips, before)


@pytest.mark.parametrize("name", ALL)
def test_a_sample_is_corrupted_alike_whatever_the_batch_order_and_strides(name):
    clips, samples = pictures(5, 32, frames=2), np.array([7, 3, 2**31, 0, 12])
    whole = ALL[name](clips, samples, 4)
    for row in range(5):
        assert torch.equal(ALL[name](clips[row : row + 1], samples[row : row + 1], 4)[0], whole[row])
    strided = clips.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3).flip(0)
    assert torch.equal(ALL[name](strided, samples[::-1].copy(), 4).flip(0), whole)


@pytest.mark.parametrize("name", ALL)
def test_draws_differ_between_samples_severities_and_corruptions(name):
    one = ALL[name]
    clips = pictures(1, 32).expand(6, -1, -1, -1, -1)
    changed = one(clips, np.arange(6), 3)
    alike = all(torch.equal(changed[0], other) for other in changed[1:])
    assert alike == (name in STILL)
    words = {x.draws(*key).integers(2**63) for x in (one, replace(one, name="x")) for key in ((1, 3), (2, 3), (1, 4))}
    assert len(words) == 6


@pytest.mark.parametrize("name", ALL)
def test_two_threads_make_the_same_pixels(name):
    clips, samples = pictures(3, 32), np.arange(3)
    one = ALL[name](clips, samples, 5)
    torch.set_num_threads(2)
    two = ALL[name](clips, samples, 5)
    torch.set_num_threads(1)
    assert torch.equal(one, two)


@pytest.mark.long
def test_another_process_with_two_threads_makes_the_same_pixels():
    program = (
        "import hashlib, numpy as np, torch; from tests.pipelines.test_corruptions import ALL, pictures\n"
        "torch.set_num_threads(2)\n"
        "print(hashlib.sha256(b''.join(c(pictures(3, 32), np.arange(3), 5).numpy().tobytes() for c in ALL.values()))"
        ".hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    mine = b"".join(one(pictures(3, 32), np.arange(3), 5).numpy().tobytes() for one in ALL.values())
    assert done.stdout.strip() == hashlib.sha256(mine).hexdigest()


@pytest.mark.parametrize("name", ALL)
def test_all_frames_of_a_clip_are_met_by_the_same_weather_and_by_noise_of_their_own(name):
    still = pictures(1, 32).expand(-1, 3, -1, -1, -1)
    first, *others = ALL[name](still, np.array([5]), 5)[0]
    assert all(torch.equal(first, frame) != (name in NOISE) for frame in others)


@pytest.mark.parametrize("side", [32, 64, 224])
@pytest.mark.parametrize("name", [name for name in ALL if name not in OTHER_IN_KIND])
def test_more_severe_is_further_from_the_clean_picture(name, side):
    clips = pictures({32: 16, 64: 4, 224: 1}[side], side)
    samples = np.arange(len(clips))
    moved = [(ALL[name](clips, samples, s).float() - clips.float()).abs().mean().item() for s in (1, 2, 3, 4, 5)]
    assert moved[0] < moved[-1] if name in NEARLY else moved == sorted(moved)
    assert len(set(moved)) == 5


@pytest.mark.parametrize("side", [32, 64, 224])
@pytest.mark.parametrize("severity", [1, 3, 5])
def test_noise_has_the_published_strength(side, severity):
    grey = torch.full((1, 1, 3, side, side), 102, dtype=torch.uint8)  # 0.4
    clips, count = grey.expand(224 // side, -1, -1, -1, -1), 224 // side * side * side * 3
    frames = np.empty((1, side, side, 3))
    changed = {name: ALL[name](clips, np.arange(len(clips)), severity).double() / 255 for name in NOISE}
    lost = IMPULSE.at(frames, severity)
    for extreme in (0, 1):
        share = (changed["impulse_noise"] == extreme).double().mean().item()
        assert share == pytest.approx(lost / 2, abs=5 * (lost / 2 / count) ** 0.5)
    gaussian, speckle, white = (scale.at(frames, severity) for scale in (GAUSSIAN, SPECKLE, SHOT))
    wanted = {"gaussian_noise": gaussian, "speckle_noise": 0.4 * speckle, "shot_noise": (0.4 / white) ** 0.5}
    for name, deviation in wanted.items():
        cut = 0.4 / deviation < 2.5 or 0.6 / deviation < 2.5  # what is below black or above white is cut off
        assert changed[name].std().item() == pytest.approx(deviation, rel=0.2 if cut else 0.05), name
        assert changed[name].mean().item() == pytest.approx(0.4 - 0.5 / 255, abs=0.03 if cut else 0.005), name


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(ValueError, match="fog: need a severity of 1 … 5 and squares of at least 32 pixels, got sev"):
        ALL["fog"](pictures(1, 32), np.arange(1), 6)
    with pytest.raises(ValueError, match="got severity 1 and 24 x 24"):
        ALL["fog"](pictures(1, 24), np.arange(1), 1)


@pytest.mark.parametrize("name", ["frost", "spatter"])
def test_without_the_optional_dependency_a_sentence_says_how_to_install_it(name, monkeypatch):
    monkeypatch.setattr(optional, "PACKAGE", "a-package-that-nobody-has")
    optional.installed.cache_clear()
    _ice.cache_clear()
    with pytest.raises(Refusal, match=r'needs a-package-that-nobody-has: pip install "antipodal\[corruptions\]"'):
        ALL[name](pictures(1, 32), np.arange(1), 1)
    monkeypatch.undo()
    optional.installed.cache_clear()
    assert optional.installed()
