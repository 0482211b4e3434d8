"""Corruptions that only clips can have: other frames of the clip, and what codecs and bad lines make of them."""

import os
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.coded import decode, encode
from pipelines.corruptions import MOTION, damage
from pipelines.corruptions.coding import X264
from pipelines.corruptions.damage import damaged, shown
from pipelines.corruptions.timing import RATE, STILL, frame_drop, freeze, jitter, rate_change
from shards.child import Child

NAMED = {corruption.name: corruption for corruption in MOTION}
ORDERS = [frame_drop, rate_change, jitter, freeze]
SEVERITIES = 1, 2, 3, 4, 5


def moving(count: int, length: int = 16, side: int = 48) -> np.ndarray:
    """Coarse patterns that move, under a little noise: uint8 [b, t, h, w, 3]."""
    draw = np.random.default_rng(3)
    pattern = draw.integers(0, 256, (count, 1, side // 8, side // 8, 3)).repeat(8, 2).repeat(8, 3)
    frames = np.concatenate([np.roll(pattern, 2 * time, 3) for time in range(length)], axis=1)
    return np.clip(frames + draw.normal(0, 5, frames.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clips():
    """uint8 [b, t, c, h, w]"""
    return torch.from_numpy(moving(8)).permute(0, 1, 4, 2, 3)


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("severity", [1, 5])
def test_a_clip_becomes_the_same_whoever_is_beside_it(clips, name, severity, two_threads):
    samples, before = np.arange(8) + 40, clips.clone()
    found = NAMED[name](clips, samples, severity)
    assert found.dtype == torch.uint8 and found.shape == clips.shape and not torch.equal(found, clips)
    assert torch.equal(clips, before)
    order = np.array([5, 0, 7, 2])
    torch.set_num_threads(1)
    assert torch.equal(NAMED[name](clips[torch.from_numpy(order)], samples[order], severity), found[order])


@pytest.mark.parametrize("name", ["codec_damage", *(order.__name__ for order in ORDERS)])
def test_draws_are_the_samples_own(clips, name):
    same = clips[:1].expand(8, -1, -1, -1, -1)
    found = NAMED[name](same, np.arange(8), 4)
    assert len({one.numpy().tobytes() for one in found}) > 1


@pytest.mark.parametrize("name", NAMED)
def test_severity_is_how_far_a_clip_is_from_what_it_was(clips, name):
    ordered = name in {order.__name__ for order in ORDERS}  # by chance alone, so that it takes more of them
    many = clips[..., :32, :32].repeat(12, 1, 1, 1, 1) if ordered else clips
    far = [
        (NAMED[name](many, np.arange(len(many)), severity).float() - many.float()).abs().mean().item()
        for severity in SEVERITIES
    ]
    assert far == sorted(far) and far[0] > 0 and far[-1] > 1.5 * far[0]


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("shape", [(1, 32), (2, 33), (5, 47)])
def test_short_clips_and_odd_sides(name, shape):
    clips = torch.from_numpy(moving(2, shape[0], 48)[:, :, : shape[1], : shape[1]]).permute(0, 1, 4, 2, 3)
    for severity in SEVERITIES:
        found = NAMED[name](clips, np.arange(2), severity)
        assert found.shape == clips.shape
        if shape[0] == 1 and name in {order.__name__ for order in ORDERS}:
            assert torch.equal(found, clips)  # a picture has no time


def places(order, length, severity, seed):
    """Which frame is shown at each time."""
    frames = np.arange(length).reshape(-1, 1, 1, 1) * np.ones((1, 2, 2, 3), np.int64)
    return order(frames, severity, np.random.default_rng(seed))[:, 0, 0, 0]


EACH = given(st.integers(1, 40), st.sampled_from(SEVERITIES), st.integers(0, 2**32))


@EACH
def test_a_lost_frame_shows_the_last_that_is_not(length, severity, seed):
    found = places(frame_drop, length, severity, seed)
    assert len(found) == length and found[0] == 0
    for time in range(1, length):
        assert found[time] in (time, found[time - 1])


@EACH
def test_jitter_moves_each_frame_a_little_and_loses_none(length, severity, seed):
    found = places(jitter, length, severity, seed)
    assert sorted(found) == list(range(length))
    assert np.abs(found - np.arange(length)).max() <= 2 * (1.0, 1.5, 2.5, 4.0, 8.0)[severity - 1]


@EACH
def test_freezing_holds_one_frame_for_a_while(length, severity, seed):
    found = places(freeze, length, severity, seed)
    other = np.flatnonzero(found != np.arange(length))
    still = round(STILL[severity - 1] * length)
    assert len(other) == max(still - 1, 0)
    if len(other):
        assert (found[other] == other[0] - 1).all() and other[-1] - other[0] == still - 2


@EACH
def test_another_rate_is_one_of_two_tables(length, severity, seed):
    rate, times = RATE[severity - 1], range(length)
    found = places(rate_change, length, severity, seed).tolist()
    assert found in ([int(time * rate) % length for time in times], [int(time / rate) for time in times])


def test_both_directions_come_and_losses_are_as_frequent_as_said():
    faster = sum(places(rate_change, 16, 3, seed)[1] == 2 for seed in range(200))
    assert 70 < faster < 130  # 100, with a standard deviation of 7
    for severity, chance in zip(SEVERITIES, (0.1, 0.25, 0.4, 0.6, 0.8), strict=True):
        lost = np.mean([places(frame_drop, 101, severity, seed)[1:] != np.arange(1, 101) for seed in range(40)])
        assert lost == pytest.approx(chance, abs=0.03)


def units(packet: bytes) -> list[bytes]:
    return re.split(b"\x00?\x00\x00\x01", packet)[1:]


@pytest.fixture(scope="module")
def packets():
    return encode(moving(1)[0], "libx264", X264 | {"slices": "4"})


def test_a_line_without_losses_changes_nothing(packets):
    draws = np.random.default_rng(0)
    sent = [damaged(packet, 0.0, 0.0, draws) for packet in packets]
    assert list(map(units, sent)) == list(map(units, packets)) and len(packets) == 16
    found = decode(packets, "h264", (16, 48, 48, 3))
    assert np.array_equal(shown(sent, (16, 48, 48, 3)), np.stack([found[n] for n in range(16)]))
    error = np.mean((found[7].astype(float) - moving(1)[0][7]) ** 2)
    assert 10 * np.log10(255**2 / error) > 25  # dB


def test_what_is_lost_and_flipped_is_as_frequent_as_said(packets):
    slices = lambda packet: [unit for unit in units(packet) if unit[0] & 31 in (1, 5)]  # noqa: E731
    sent = sum(len(slices(packet)) for packet in packets)
    arrived = [sum(len(slices(damaged(p, 0.3, 0.0, np.random.default_rng(s)))) for p in packets) for s in range(40)]
    assert np.mean(arrived) == pytest.approx(0.7 * sent, rel=0.05)
    biggest = max((unit for packet in packets for unit in slices(packet)), key=len)
    draws, bits = np.random.default_rng(0), 8 * len(biggest)
    flipped = [
        np.unpackbits(np.frombuffer(damaged(b"\0\0\1" + biggest, 0.0, 0.01, draws)[4:], np.uint8)) for _ in range(50)
    ]
    true = np.unpackbits(np.frombuffer(biggest, np.uint8))
    assert np.mean([(bits != true).mean() for bits in flipped]) == pytest.approx(
        0.01, abs=5 * (0.01 / bits / 50) ** 0.5
    )


def test_where_all_is_lost_the_picture_is_black(packets):
    kept = [damaged(packet, 1.0, 0.0, np.random.default_rng(0)) for packet in packets]
    assert b"" in kept and units(kept[0])  # what says how to decode arrives
    assert not shown(kept, (16, 48, 48, 3)).any() and not shown([b""] * 16, (16, 48, 48, 3)).any()
    noise = [np.random.default_rng(n).bytes(500) for n in range(16)]
    assert shown(noise, (16, 48, 48, 3)).shape == (16, 48, 48, 3)


def test_a_frame_that_is_lost_shows_the_one_before(packets):
    whole = shown(packets, (16, 48, 48, 3))
    last = [*packets[:-1], b""]
    found = shown(last, (16, 48, 48, 3))
    assert np.array_equal(found[:15], whole[:15]) and np.array_equal(found[15], whole[14])


def test_a_decoder_that_dies_takes_nobody_with_it(packets, monkeypatch):
    with Child(os._exit, 30.0) as child:  # which ends at the first question
        monkeypatch.setattr(damage, "_child", lambda: child)
        for _ in range(2):
            assert not shown(packets, (16, 48, 48, 3)).any()


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_decoding_does_not_depend_on_what_was_in_memory(codec):
    """PyAV leaves whatever was there behind a packet's bytes, and decoders read it."""
    options = {"g": "12", "qmin": "5", "qmax": "5"} if codec == "mpeg4" else X264
    many = [encode(clip, codec, options) for clip in moving(6, side=112)]
    name = codec.removeprefix("lib").replace("x264", "h264")
    first = [decode(packets, name, (16, 112, 112, 3)) for packets in many]
    for _ in range(3):
        rubbish = [np.full(size, 255, np.uint8) for size in range(100, 4000, 7)]  # freed, and given out again
        del rubbish
        for one, packets in zip(reversed(first), reversed(many), strict=True):
            again = decode(packets, name, (16, 112, 112, 3))
            assert again.keys() == one.keys() == set(range(16))
            assert all(np.array_equal(again[n], one[n]) for n in one)
