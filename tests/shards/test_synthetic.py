import io
import random
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import av
import numpy as np
import pytest
from PIL import Image

from shards.encode import mp4
from shards.sources.motions import MOTIONS
from shards.sources.shapes import SHAPES
from shards.sources.surfaces import TEXTURES
from shards.sources.synthetic import Synthetic

PICTURES, CLIPS = Synthetic(), Synthetic("video", train=1500, test=500)
NEIGHBOURS = 20


def pixels(sample):
    (extension, content), *_ = sample.media.items()
    if extension == "jpg":
        return np.asarray(Image.open(io.BytesIO(content)))[None]
    with av.open(io.BytesIO(content)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def collect(source, split, count):
    samples = [next(source.samples((split, index))) for index in range(count)]
    facts = {name: np.array([sample.facts[name] for sample in samples]) for name in samples[0].facts}
    return np.stack([pixels(sample) for sample in samples]).astype(np.float32) / 255, facts


def neighbour_accuracy(bank, bank_classes, queries, query_classes, metric):
    bank, queries = bank.reshape(len(bank), -1), queries.reshape(len(queries), -1)
    nearness = queries @ bank.T
    if metric == "cosine":
        nearness /= np.linalg.norm(bank, axis=1)
    else:
        nearness = 2 * nearness - (bank**2).sum(axis=1)
    nearest = bank_classes[np.argpartition(-nearness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]]
    votes = (nearest[:, :, None] == np.arange(8)).sum(axis=1)
    return (votes.argmax(axis=1) == query_classes).mean()


@pytest.fixture(scope="module")
def pictures():
    return collect(PICTURES, "train", 2500), collect(PICTURES, "test", 1000)


@pytest.fixture(scope="module")
def clips():
    every = [collect(CLIPS, split, count) for split, count in (("train", 1000), ("test", 400))]
    return [(pixels[:, :, ::2, ::2], facts) for pixels, facts in every]  # a quarter of the pixels, every frame


@pytest.mark.parametrize("source", [PICTURES, CLIPS])
def test_same_item_same_bytes_in_any_process(source):
    items = [("train", 0), ("test", 7)]
    program = (
        "from shards.sources.synthetic import Synthetic\n"
        f"print([next(iter(next({source!r}.samples(item)).media.values())).hex() for item in {items!r}])"
    )
    elsewhere = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    for _ in range(2):
        assert str([next(iter(next(source.samples(item)).media.values())).hex() for item in items]) == elsewhere.strip()


def test_a_clip_is_the_same_bytes_each_time_whatever_the_memory_is_like():
    """With x264's macroblock tree, of these clips one in a hundred or so was another."""
    pixels, held, draw = CLIPS._render(("train", 0), 0, 0, 0), [], random.Random(0)
    found = set()
    for _ in range(500):
        held = [*held[-50:], bytearray(draw.randrange(1, 200_000))]
        found.add(mp4(pixels))
    assert len(found) == 1


def test_every_pixel_hangs_on_split_index_and_seed():
    first = next(PICTURES.samples(("train", 3))).media
    others = [
        next(PICTURES.samples(("test", 3))),
        next(PICTURES.samples(("train", 4))),
        next(replace(PICTURES, seed=1).samples(("train", 3))),
    ]
    assert all(first != other.media for other in others)


def test_an_item_does_not_depend_on_how_many_there_are():
    assert next(replace(PICTURES, train=5, test=0).samples(("train", 3))) == next(PICTURES.samples(("train", 3)))


@pytest.mark.parametrize(("side", "frames"), [(48, 24), (64, 9)])
def test_media_are_what_they_claim(side, frames):
    picture = next(PICTURES.samples(("train", 0)))
    with Image.open(io.BytesIO(next(replace(PICTURES, side=side).samples(("train", 0))).media["jpg"])) as image:
        assert (image.format, image.size) == ("JPEG", (side, side))
    clip = next(replace(CLIPS, side=side, frames=frames).samples(("train", 0)))
    with av.open(io.BytesIO(clip.media["mp4"])) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", side, side)
        assert stream.average_rate == 12.5
        assert sum(1 for _ in container.decode(video=0)) == frames
    assert picture.name == clip.name == "train-000000"


def test_listings_and_samples_agree():
    for source, label in ((replace(PICTURES, train=40, test=9), "shape"), (replace(CLIPS, train=3, test=2), "motion")):
        splits = source.splits()
        assert {split: len(listing.items) for split, listing in splits.items()} == {
            "train": source.train, "test": source.test
        }  # fmt: skip
        for listing in splits.values():
            assert listing.kind == source.medium and listing.classes["label"] == listing.classes[label]
            sample = next(source.samples(listing.items[0]))
            assert set(sample.facts) == set(listing.classes) - {"label"} and sample.label == sample.facts[label]


def test_causes_are_even_and_independent():
    causes = np.stack([(8 * PICTURES._draws(("train", i), "causes", 3)).astype(int) for i in range(4096)])
    for column in causes.T:
        expected = len(causes) / 8
        assert (((np.bincount(column, minlength=8) - expected) ** 2) / expected).sum() < 24.3  # p = 0.001, 7 degrees
    for one, other in combinations(causes.T, 2):
        table, expected = np.bincount(8 * one + other, minlength=64), len(causes) / 64
        assert ((table - expected) ** 2 / expected).sum() < 103.4  # p = 0.001, 63 degrees of freedom


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("step", [1, 2])
def test_neighbours_in_raw_pictures_know_neither_shape_nor_texture(pictures, metric, step):
    (bank, bank_facts), (queries, query_facts) = pictures
    for fact, known in query_facts.items():
        accuracy = neighbour_accuracy(
            bank[:, :, ::step, ::step], bank_facts[fact], queries[:, :, ::step, ::step], known, metric
        )
        assert accuracy < 1.5 / 8, fact


def test_the_neighbour_test_can_fail(pictures):
    (bank, bank_facts), (queries, query_facts) = pictures
    shifted = [facts["shape"][:, None, None, None, None] / 2 for facts in (bank_facts, query_facts)]
    assert (
        neighbour_accuracy(
            bank + shifted[0], bank_facts["shape"], queries + shifted[1], query_facts["shape"], "euclidean"
        )
        > 0.9
    )


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_in_raw_clips_do_not_know_the_motion(clips, metric):
    (bank, bank_facts), (queries, query_facts) = clips
    assert neighbour_accuracy(bank, bank_facts["motion"], queries, query_facts["motion"], metric) < 1.5 / 8


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_of_single_frames_know_chance(clips, metric):
    (bank, bank_facts), (queries, query_facts) = clips
    frames = (0, 8, 16, 23)
    accuracies = [
        neighbour_accuracy(bank[:, t], bank_facts["motion"], queries[:, t], query_facts["motion"], metric)
        for t in frames
    ]
    # Frames of one clip resemble each other, so four of them are counted as one.
    assert np.mean(accuracies) < 1 / 8 + 2 * np.sqrt(1 / 8 * 7 / 8 / len(queries))


def test_every_motion_keeps_the_law_of_poses():
    clips = 400
    last = {name: [] for name in MOTIONS}
    for motion, name in enumerate(MOTIONS):
        for index in range(clips):
            pose = CLIPS._poses(("train", index + clips * motion), motion)
            last[name].append([pose.x[17], pose.y[17], pose.size[17], pose.angle[17] % 1])
            assert pose.x[17] ** 2 + pose.y[17] ** 2 <= 1 + 1e-9
    reference = np.sort(np.concatenate([*last.values()]), axis=0)
    for name, poses in last.items():
        for column, everyone in zip(np.array(poses).T, reference.T, strict=True):
            ranks = np.searchsorted(everyone, np.sort(column)) / len(everyone)
            distance = abs(ranks - np.arange(clips) / clips).max()
            assert distance < 2.2 / np.sqrt(clips), name  # Kolmogorov and Smirnov, p = 0.0001


def test_motions_do_move():
    still = [np.ptp(CLIPS._render(("train", i), 3, 0, 0).astype(int), axis=0).max() for i in range(3)]
    assert max(still) == 0
    for motion in range(1, len(MOTIONS)):
        moving = [np.ptp(CLIPS._render(("train", i), 3, 0, motion).astype(int), axis=0).max() for i in range(3)]
        assert min(moving) > 50, [*MOTIONS][motion]


def test_time_tells_opposite_motions_apart():
    rise, fall = ([*MOTIONS].index(name) for name in ("rise", "fall"))
    for motion, sign in ((rise, -1), (fall, 1)):
        steps = np.diff(CLIPS._poses(("train", 0), motion).y)
        assert (np.sign(steps) == sign).mean() > 0.8


def test_shapes_weigh_the_same_and_are_centred():
    points = np.linspace(-2, 2, 801)
    x, y = np.meshgrid(points, points)
    for name, outline in SHAPES.items():
        inside = outline(x, y) < 0
        assert 16 * inside.mean() == pytest.approx(2, abs=0.07), name
        assert np.hypot(x[inside].mean(), y[inside].mean()) < 0.03, name


def test_patterns_are_mixtures():
    lattice = np.random.default_rng(0).random((16, 16))
    x, y = np.meshgrid(np.linspace(-9, 9, 200), np.linspace(-9, 9, 200))
    for name, pattern in TEXTURES.items():
        mixture = pattern(x, y, lattice)
        assert mixture.min() >= 0 and mixture.max() <= 1 and mixture.std() > 0.25, name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"train": -1}, "train must be at least 0, got -1"),
        ({"test": -5}, "test must be at least 0, got -5"),
        ({"side": 8}, "side must be at least 16, got 8"),
        ({"frames": 0}, "frames must be at least 1, got 0"),
        ({"medium": "video", "side": 49}, "even side, got 49; choose 50"),
        ({"seed": -1}, "seed must lie in"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        Synthetic(**wrong)


def test_an_unknown_medium_is_named():
    program = (
        "from shards.sources.synthetic import Synthetic; Synthetic('sound')"  # elsewhere, where types go unchecked
    )
    failure = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "ValueError: medium must be 'image' or 'video', got 'sound'" in failure.stderr


@pytest.mark.parametrize("item", [("train", 8192), ("test", -1), ("validation", 0)])
def test_unknown_items_are_named(item):
    with pytest.raises(ValueError, match="take items from splits"):
        next(PICTURES.samples(item))
