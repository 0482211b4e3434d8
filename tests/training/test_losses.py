"""The contrastive loss against closed forms and a slow double loop."""

import math

import pytest
import torch
import torch.nn.functional as F

from training.losses import contrast


def unit(*shape, seed=0):
    return F.normalize(torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)), dim=-1)


def slow(anchors, candidates, positive, temperature, ignore=None, extra=None, alpha=1.0):
    total = 0.0
    for a, anchor in enumerate(anchors):
        share = math.exp(float(anchor @ candidates[positive[a]]) / temperature)
        whole = 0.0
        for c, candidate in enumerate(candidates):
            if ignore is None or not ignore[a, c]:
                whole += math.exp(float(anchor @ candidate) / temperature)
        for negative in [] if extra is None else extra[a]:
            whole += math.exp(alpha * float(anchor @ negative) / temperature)
        total -= math.log(share / whole)
    return total / len(anchors)


@pytest.mark.parametrize("alpha", [1.0, 2.0])
@pytest.mark.parametrize("count", [0, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_agrees_with_a_double_loop(alpha, count, masked):
    anchors, candidates, positive = unit(5, 8), unit(9, 8, seed=1), torch.tensor([4, 0, 8, 2, 2])
    ignore = torch.rand(5, 9, generator=torch.Generator().manual_seed(2)) < 0.4 if masked else None
    if masked:
        ignore.scatter_(1, positive[:, None], False)
    extra = unit(5, count, 8, seed=3) if count else None
    given = (anchors, candidates, positive, 0.2, ignore, extra, alpha)
    assert contrast(*given).item() == pytest.approx(slow(*given), rel=1e-12)


def test_of_equal_vectors_is_the_logarithm_of_their_number():
    same = unit(1, 4).expand(6, 4)
    assert contrast(same, same, torch.arange(6), 0.5).item() == pytest.approx(math.log(6), rel=1e-12)


def test_of_orthogonal_candidates_has_its_closed_form():
    basis = torch.eye(4, dtype=torch.float64)
    expected = math.log(1 + 3 * math.exp(-1 / 0.2))
    assert contrast(basis, basis, torch.arange(4), 0.2).item() == pytest.approx(expected, rel=1e-12)


def test_alpha_zero_adds_one_to_the_denominator_for_each_negative():
    basis, extra = torch.eye(4, dtype=torch.float64), unit(4, 3, 4)
    expected = math.log(1 + (3 + 3) * math.exp(-1 / 0.2))
    plain = contrast(basis, basis, torch.arange(4), 0.2, extra=extra, alpha=0.0).item()
    assert plain == pytest.approx(math.log(1 + (3 + 3 * 1) * math.exp(-5)), rel=1e-12) == expected


def test_gradients_are_those_of_finite_differences():
    anchors, candidates, extra = (unit(*s, seed=i).requires_grad_() for i, s in enumerate([(3, 4), (5, 4), (3, 2, 4)]))
    ignore = torch.zeros(3, 5, dtype=torch.bool)
    ignore[0, 1] = ignore[2, 0] = True
    torch.autograd.gradcheck(
        lambda a, c, e: contrast(a, c, torch.tensor([0, 3, 4]), 0.3, ignore, e, 2.0), (anchors, candidates, extra)
    )


def test_ignored_candidates_get_no_gradient():
    anchors, candidates = unit(2, 4), unit(4, 4, seed=1).requires_grad_()
    ignore = torch.tensor([[False, True, False, False], [False, True, False, False]])
    contrast(anchors, candidates, torch.tensor([0, 2]), 0.2, ignore).backward()
    assert not candidates.grad[1].any() and candidates.grad[3].any()


def test_a_mask_that_names_the_positive_is_an_error():
    vectors = unit(3, 4)
    with pytest.raises(ValueError, match="positive"):
        contrast(vectors, vectors, torch.arange(3), 0.2, torch.eye(3, dtype=torch.bool))
