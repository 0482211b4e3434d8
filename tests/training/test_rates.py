"""The learning rate is a pure function of the step."""

import math

import pytest

from training.optimizers import LARS, SGD, AdamW
from training.optimizers.rates import Cosine, Level, Steps


def rates(knobs, steps):
    return [knobs.rate_at(step, steps) for step in range(steps + 1)]


def test_rate_rises_linearly_then_falls_as_a_cosine():
    found = rates(SGD(rate=1.0, warmup=0.1), 100)
    assert found[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert found[10] == 1.0 and found[55] == pytest.approx(0.5) and found[100] == 0
    assert found[10:] == pytest.approx([math.cos(math.pi * s / 180) ** 2 for s in range(91)])


def test_without_warm_up_it_starts_at_its_highest():
    assert SGD(rate=0.4, warmup=0.0).rate_at(0, 10) == 0.4


@pytest.mark.parametrize("epoch", [1, 7, 51])
def test_stairs_are_those_of_a_published_schedule_at_every_step(epoch):
    """CLAE's: 301 epochs, a tenth from epoch 120 on, a twentieth from 160, a hundredth from 200."""
    times = tuple(at / 301 for at in (120, 160, 200))
    knobs = SGD(rate=0.03, warmup=0.0, fall=Steps(at=times, to=(0.1, 0.05, 0.01)))

    def published(step):
        return 0.03 * (
            1 if step // epoch < 120 else 0.1 if step // epoch < 160 else 0.05 if step // epoch < 200 else 0.01
        )

    assert rates(knobs, 301 * epoch)[:-1] == pytest.approx([published(step) for step in range(301 * epoch)], rel=1e-12)


def test_stairs_keep_their_times_behind_a_warm_up():
    knobs = LARS(rate=2.0, warmup=0.1, fall=Steps(at=(0.5,), to=(0.0,)))
    assert rates(knobs, 20) == pytest.approx([2 / 3, 4 / 3, *[2.0] * 8, *[0.0] * 11])


@pytest.mark.parametrize("fall", [Cosine(), Steps(), Level()])
def test_whatever_the_fall_nothing_is_learned_after_the_run(fall):
    knobs = AdamW(rate=1.0, warmup=0.0, fall=fall)
    assert knobs.rate_at(0, 10) == 1.0 and knobs.rate_at(9, 10) > 0 and knobs.rate_at(10, 10) == 0


def test_level_stays():
    assert rates(SGD(rate=0.7, warmup=0.5, fall=Level()), 4) == pytest.approx([0.7 / 3, 1.4 / 3, 0.7, 0.7, 0])


@pytest.mark.parametrize(
    ("at", "to", "words"),
    [
        ((0.5,), (0.1, 0.01), "needs one share"),
        ((0.8, 0.6), (0.1, 0.01), "must increase"),
        ((0.5, 0.5), (0.1, 0.01), "must increase"),
        ((120.0,), (0.1,), "between 0 and 1"),
        ((0.5,), (-0.1,), "at least 0"),
    ],
)
def test_stairs_that_make_no_sense_are_refused(at, to, words):
    with pytest.raises(ValueError, match=words):
        Steps(at=at, to=to)


@pytest.mark.parametrize("knobs", [{"warmup": 1.0}, {"warmup": -0.1}, {"rate": -1.0}, {"weight_decay": -1e-4}])
def test_nonsense_is_refused_by_name(knobs):
    with pytest.raises(ValueError, match=next(iter(knobs))):
        SGD(**knobs)
