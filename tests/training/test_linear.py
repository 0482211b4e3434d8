"""The linear probe against scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from training.probes.linear import LinearProbe, accuracy
from training.probes.split import held_out
from training.probes.task import Task


def features(count, seed, classes=5, width=24, spread=1.2):
    """Correlated, skewed and of very different scales, as an encoder's features are; one never varies."""
    generator, fixed = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(99)
    labels = torch.arange(count) % classes
    centres = spread * torch.randn(classes, width, generator=fixed)
    mixing = torch.randn(width, width, generator=fixed) @ torch.diag(torch.logspace(0, -2, width))
    mixed = torch.relu((centres[labels] + torch.randn(count, width, generator=generator)) @ mixing + 0.3)
    mixed[:, 3] = 0.25
    return mixed, labels


def task(train=600, test=2000, **knobs):
    (bank, labels), (queries, answers) = features(train, 0, **knobs), features(test, 1, **knobs)
    held = torch.zeros(train, dtype=torch.bool)
    held[torch.from_numpy(held_out(train, 5000)[0].copy())] = True
    counts = {"label": int(labels.max()) + 1}
    return Task(bank, queries, {"label": (labels, answers)}, held, counts, np.arange(len(queries)))


@pytest.mark.parametrize("penalty", [0.1, 1e-3, 1e-5])
@pytest.mark.parametrize("train", [150, 3000])
def test_agrees_with_scikit_learn(penalty, train):
    given = task(train)
    known, answers = given.answers["label"]
    ours = LinearProbe().fit(given.train, known, 5, penalty)
    scaler = StandardScaler().fit(given.train.numpy())
    theirs = LogisticRegression(C=1 / (penalty * train), max_iter=5000, tol=1e-6)
    theirs.fit(scaler.transform(given.train.numpy()), known.numpy())
    expected = torch.from_numpy(theirs.predict(scaler.transform(given.test.numpy())))
    assert (ours(given.test).argmax(1) == expected).float().mean() > 0.99
    assert abs(accuracy(ours, given.test, answers) - 100 * (expected == answers).float().mean()) < 1


def test_its_choice_looks_at_the_training_split_only():
    given = task(150, spread=0.5)
    found = LinearProbe()(given)
    spoiled = replace(given, test=torch.zeros_like(given.test))
    again = LinearProbe()(spoiled)
    assert torch.equal(found["weight"], again["weight"])
    probe, penalty = LinearProbe().revive(found)
    assert penalty in LinearProbe().penalties and accuracy(probe, given.test, given.answers["label"][1]) > 30


def test_penalties_are_chosen_by_the_validation_split():
    given = task(150, spread=0.5)
    shuffled = given.answers["label"][0].clone()
    rest = (~given.held).nonzero()[:, 0]
    shuffled[rest] = shuffled[rest[torch.randperm(len(rest), generator=torch.Generator().manual_seed(0))]]
    lost = replace(given, answers={"label": (shuffled, given.answers["label"][1])})
    known = given.answers["label"][0]
    fits = {
        p: accuracy(
            LinearProbe().fit(lost.train[rest], shuffled[rest], 5, p), given.train[given.held], known[given.held]
        )
        for p in (1.0, 1e-5)
    }
    assert LinearProbe(penalties=(1.0, 1e-5))(lost)["penalty"] in [p for p in fits if fits[p] == max(fits.values())]


def test_starting_elsewhere_ends_in_the_same_place():
    given = task()
    known = given.answers["label"][0]
    far = LinearProbe().fit(given.train[:200], known[:200].flip(0), 5, 1e-5)
    one, two = (LinearProbe().fit(given.train, known, 5, 1e-2, start) for start in (None, far))
    torch.testing.assert_close(one(given.test), two(given.test), atol=0.02, rtol=0)  # of logits of several units


def test_a_class_without_samples_and_features_that_never_vary_do_no_harm():
    bank, labels = torch.ones(20, 4), torch.arange(20) % 2
    probe = LinearProbe().fit(bank, labels, 6, 1e-3)
    assert probe(bank).isfinite().all() and probe(bank).argmax(1).max() < 2


def test_slopes_reach_the_features():
    given = task()
    probe = LinearProbe().fit(given.train, given.answers["label"][0], 5, 1e-2)
    asked = given.test[:4].clone().requires_grad_()
    probe(asked).sum(0)[0].backward()
    assert asked.grad is not None and asked.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in probe.parameters())
