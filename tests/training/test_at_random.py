"""The random control: as many as the rule it stands beside, any of them, and the same ones wherever it is asked."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.test_false_negatives import AT_ONCE, find, samples
from training.false_negatives import FNC, AtRandom, Oracle, Threshold, TopK
from training.false_negatives.at_random import _mix, _signed
from training.false_negatives.schedule import Schedule
from training.pretrain import parse

RULES = Threshold(0.4), Threshold(0.4, schedule=AT_ONCE), TopK(3), FNC(4, 0.5), Oracle()


@settings(max_examples=25, deadline=None)
@given(rule=st.sampled_from(RULES), seed=st.integers(0, 99), progress=st.floats(0, 1))
def test_it_takes_as_many_of_each_anchor_as_the_other_rule(rule, seed, progress):
    anchors, candidates = samples(5, seed=seed), samples(9, seed=seed + 1, ids=[0, 3, 7, 8, 9, 10, 11, -1, -1])
    like, _ = find(rule, anchors, candidates, progress)
    found, _ = find(AtRandom(rule), anchors, candidates, progress)
    assert torch.equal(found.sum(1), like.sum(1))
    assert not found[0, 0] and not found[3, 1] and not found[:, 7:].any()


def test_it_does_not_look_at_similarity():
    """Over many steps every candidate is taken about equally often: within five standard deviations."""
    one, steps = samples(13), 200
    rule = AtRandom(TopK(3, schedule=AT_ONCE))
    times = sum(find(rule, one, one, step / steps)[0].long() for step in range(steps))
    apart = times[~torch.eye(13, dtype=torch.bool)].double() / steps
    assert (apart - 0.25).abs().max() < 5 * (0.25 * 0.75 / steps) ** 0.5
    assert times.diagonal().sum() == 0


def test_a_part_of_the_anchors_draws_what_all_of_them_would():
    one, rule = samples(12), AtRandom(Oracle())
    whole, _ = find(rule, one, one, 0.3)
    half = type(one)(*(part[6:] for part in one))
    assert torch.equal(find(rule, half, one, 0.3)[0], whole[6:])
    assert not torch.equal(find(rule, one, one, 0.31)[0], whole)


def test_it_is_the_other_rule_in_all_else():
    fnc, oracle = AtRandom(FNC()), AtRandom(Oracle(in_attack=True))
    assert (fnc.action, fnc.in_attack, fnc.needs_labels) == ("attract", False, False)
    assert (oracle.action, oracle.in_attack, oracle.needs_labels) == ("remove", True, True)


def test_mixing_is_that_of_splitmix64():
    """The first outputs of the seed 1234567, as published beside many implementations."""
    step = _signed(0x9E3779B97F4A7C15)
    states = torch.tensor([1234567, 1234567 + step, 1234567 + 2 * step + 2**64])
    words = [word % 2**64 for word in _mix(states).tolist()]
    assert words == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize(
    "words",
    [
        "false-negatives:random false-negatives.like:oracle loader.negatives:patches attack:clae",
        "attack:clae false-negatives:random loader.negatives:patches false-negatives.like:oracle",
        "loader.negatives:patches attack:clae false-negatives:random false-negatives.like:oracle "
        "--false-negatives.like.schedule.most 0.5",
    ],
)
def test_the_command_line_names_the_other_rule(words):
    run = parse(["simclr-synthetic", *words.split()])
    most = 0.5 if "most" in words else 1.0
    assert run.false_negatives == AtRandom(Oracle(schedule=Schedule(0.0, 0.0, most)))
    assert type(run.attack).__name__ == "CLAE" and type(run.loader.negatives).__name__ == "Patches"
