"""The paired bootstrap against what can be computed by hand, and the gap that is closed."""

import math

import numpy as np
import pytest

from pipelines.corruptions import EXTRA, MOTION, STANDARD
from training.gap import family, gap_closed
from training.outcomes import Outcome
from training.paired import Bootstrap, Drawn, aligned
from training.robustness.radii import Robustness

QUICK = Bootstrap(resamples=1000)
CELL = "pgd/8/trained"


def run(right, samples=None, cell=CELL):
    return {cell: Outcome(np.arange(len(right)) if samples is None else samples, np.asarray(right, bool))}


def coins(rng, chance, count):
    return rng.random(count) < chance


def difference(bootstrap, groups):
    drawn = bootstrap(groups)[CELL]
    return drawn["b"].mean - drawn["a"].mean, bootstrap.interval(drawn["b"].draws - drawn["a"].draws)


def test_of_one_run_each_the_interval_is_that_of_the_normal_distribution():
    rng = np.random.default_rng(1)
    hard = rng.random(4000)  # so that both err on the same samples
    one, other = (coins(rng, 0.2 + 0.6 * hard, 4000) for _ in range(2))
    gaps = 100.0 * (other.astype(float) - one)
    found, (low, high) = difference(Bootstrap(), {"a": [(0, run(one))], "b": [(0, run(other))]})
    error = gaps.std() / math.sqrt(len(gaps))
    assert found == pytest.approx(gaps.mean())
    assert (low, high) == pytest.approx((found - 1.96 * error, found + 1.96 * error), abs=0.15 * error)
    unpaired = 100 * math.sqrt((one.var() + other.var()) / len(gaps))
    assert error < 0.95 * unpaired  # pairing was worth something


@pytest.mark.parametrize("runs", [2, 40])
def test_the_spread_of_runs_counts(runs):
    """Runs are all right or all wrong on very many samples: nothing but which runs there are makes a difference."""
    samples, skill = 2000, np.linspace(0, 1, runs)
    group = [(seed, run(np.arange(samples) < share * samples)) for seed, share in enumerate(skill)]
    steady = [(seed + 100, run(np.arange(samples) < samples / 2)) for seed in range(runs)]
    bootstrap = Bootstrap(resamples=4000)
    drawn = bootstrap({"a": steady, "b": group})[CELL]
    error = 100 * skill.std(ddof=1) / math.sqrt(runs)
    assert np.std(drawn["b"].draws) == pytest.approx(error, rel=0.06)
    assert np.std(drawn["a"].draws) < 2


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, hits, rounds = np.random.default_rng(2), 0, 300
    bootstrap = Bootstrap(resamples=300, level=90.0)
    for _ in range(rounds):
        groups = {name: [(0, run(coins(rng, chance, 300)))] for name, chance in (("a", 0.5), ("b", 0.6))}
        _, (low, high) = difference(bootstrap, groups)
        hits += low <= 10 <= high
    assert hits / rounds == pytest.approx(0.9, abs=3.5 * math.sqrt(0.9 * 0.1 / rounds))


@pytest.mark.parametrize("runs", [1, 3])
def test_runs_that_answer_alike_differ_by_nothing(runs):
    rng = np.random.default_rng(3)
    some = [(seed, run(coins(rng, 0.3, 501))) for seed in range(runs)]
    assert difference(QUICK, {"a": some, "b": some}) == (0, (0, 0))


def test_samples_are_paired_by_number_whatever_their_order():
    rng = np.random.default_rng(4)
    one, other, order = coins(rng, 0.5, 400), coins(rng, 0.6, 400), rng.permutation(400)
    straight = difference(QUICK, {"a": [(0, run(one))], "b": [(0, run(other))]})
    mixed = difference(QUICK, {"a": [(0, run(one))], "b": [(0, run(other[order], order))]})
    assert straight == mixed


def test_only_samples_count_that_all_were_asked():
    one, other = run([1, 1, 0, 0], np.array([7, 3, 5, 1])), run([0, 1, 1], np.array([5, 7, 9]))
    samples, right = aligned([one[CELL], other[CELL]])
    assert samples.tolist() == [5, 7] and right.tolist() == [[False, True], [False, True]]
    drawn = QUICK({"a": [(0, one)], "b": [(0, other)]})[CELL]
    assert (drawn["a"].mean, drawn["a"].samples) == (50, 2)


def test_cells_that_some_lack_are_left_out_and_others_come_in_order_of_their_radii():
    many = {f"pgd/{radius}/trained": run([0, 1])[CELL] for radius in ("10", "0.5", "2")}
    lacking = {cell: one for cell, one in many.items() if cell != "pgd/2/trained"}
    assert list(QUICK({"a": [(0, many)], "b": [(0, many)]})) == [f"pgd/{r}/trained" for r in ("0.5", "2", "10")]
    assert list(QUICK({"a": [(0, many)], "b": [(0, lacking)]})) == ["pgd/0.5/trained", "pgd/10/trained"]


def drawn_of(**means):
    return {name: Drawn(mean, np.full(100, float(mean)), 50) for name, mean in means.items()}


def test_the_gap_closed_by_hand():
    drawn = {
        "pgd/1/trained": drawn_of(ours=50, csl=40, sl=60),
        "pgd/2/trained": drawn_of(ours=21, csl=20, sl=24),
        "pgd/4/trained": drawn_of(ours=30, csl=10, sl=11.9),  # too small a gap
        "pgd/8/trained": drawn_of(ours=0, csl=3, sl=0),  # none
        "pgd/0/trained": drawn_of(ours=80, csl=60, sl=90),  # not attacked
        "fog/3/trained": drawn_of(ours=45, csl=40, sl=60),
        "retrieval/5/trained": drawn_of(ours=80, csl=60, sl=90),
    }
    found = gap_closed(drawn, "ours", "csl", "sl", QUICK)
    closed = {name: {cell: one["closed"] for cell, one in of["cells"].items()} for name, of in found.items()}
    assert closed == {"attacks": {"pgd/1/trained": 50, "pgd/2/trained": 25}, "corruptions": {"fog/3/trained": 25}}
    attacks = found["attacks"]
    assert [attacks[key] for key in ("most", "mean", "low", "high")] == pytest.approx([50, 37.5, 37.5, 37.5])
    assert gap_closed({"pgd/8/trained": drawn["pgd/8/trained"]}, "ours", "csl", "sl", QUICK) == {}


def test_which_cells_tell_of_robustness():
    kinds = Robustness(radii_l2=(1.0,)).kinds(4).keys() - {"noise", "noise-l2"}
    assert {family(f"{kind}/2/trained") for kind in {*kinds, "auto-linf", "auto-l2"}} == {"attacks"}
    assert {family(f"{one.name}/3/trained") for one in STANDARD + EXTRA + MOTION} == {"corruptions"}
    assert family("shift/imagenet-r/test/trained") == "shifts"
    as_they_are = (
        "knn/label", "linear", "linear/shape", "retrieval/5", "clips/features", "texture/fine/image", "clean/0",
        "pgd/0", "fgsm/0", "noise/2",
    )  # fmt: skip
    assert {family(f"{cell}/trained") for cell in as_they_are} == {""}


def test_knobs_are_checked():
    for wrong in ({"resamples": 99}, {"level": 100.0}):
        with pytest.raises(ValueError, match="need resamples >= 100, 0 < level < 100"):
            Bootstrap(**wrong)
