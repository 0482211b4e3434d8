"""Fine-tuning: TRADES against a second implementation in loops, what each way may move, and that it learns."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from pipelines.batch import Batch
from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.read import Shards
from shards.refusal import Refusal
from tests.training import batches
from training.attacks.noise import noise
from training.batch_norms import BranchedBatchNorm, convert
from training.encoders import Encoder, NarrowResNet
from training.modes import evaluating
from training.norms import normalise_by
from training.optimizers.rates import Level
from training.tuning import AFF, ALF, SLF, Full
from training.tuning.aff import divergence
from training.tuning.classifier import Classifier
from training.tuning.loop import tune
from training.tuning.nearby import Nearby

RADIUS, STRIDE = 8 / 255, 2 / 255
WAYS = (SLF(), ALF(attack=Nearby(steps=2)), AFF(attack=Nearby(steps=2, noise=0.001)), Full())


def given(count=6, seed=0) -> Batch:
    made = batches.batch(count, seed=seed)
    return replace(made, views=made.views[:1], epochs=torch.zeros(count, dtype=torch.int64), seed=5)


def encoder(*branches, seed=0) -> Encoder:
    """In double precision, with norms of its own for each branch, whose scales tell them apart."""
    torch.manual_seed(seed)
    made = NarrowResNet(width=4, zero_init=False).build().double()
    convert(made, 0.1, branches)
    for part in made.modules():
        if isinstance(part, BranchedBatchNorm):
            for name in branches:
                nn.init.uniform_(getattr(part, name).weight, 0.5, 2.0)
    return made


def begun(tuning, *branches, branch="adversarial") -> Classifier:
    """Ready to learn, its last layer no longer zero: else no attack would find a slope."""
    classifier = tuning.begin(encoder(*branches or ("adversarial",)), branch, 3).double()
    nn.init.normal_(classifier.head.weight, generator=torch.Generator().manual_seed(1))
    return classifier


def values(module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def kl(clean: list[list[float]], worse: list[list[float]]) -> float:
    """Mean over rows of the sum of p log(p / q), in floats."""
    total = 0.0
    for row, other in zip(clean, worse, strict=True):
        p, q = ([math.exp(x) / sum(math.exp(y) for y in some) for x in some] for some in (row, other))
        total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    return total / len(clean)


def test_divergence_is_that_of_the_moved_from_the_clean_answer():
    draw = torch.Generator().manual_seed(0)
    clean, worse = (torch.randn(5, 4, dtype=torch.float64, generator=draw) * 2 for _ in range(2))
    forth, back = kl(clean.tolist(), worse.tolist()), kl(worse.tolist(), clean.tolist())
    assert divergence(clean, worse).item() == pytest.approx(forth, rel=1e-12) and abs(forth - back) > 0.1
    sure = torch.tensor([[1000.0, 0.0]])
    assert divergence(sure, sure.flip(1)).item() == 1000 and divergence(sure, sure).item() == 0


def chosen(classifier, branch):
    for part in classifier.modules():
        if isinstance(part, BranchedBatchNorm):
            part.chosen = branch


def second(classifier, batch, beta, steps):
    """TRADES once more: clip by clip in evaluation mode, its own walk, the divergence in floats."""
    classifier.eval()
    moved = []
    for clip, start in zip(batch.views[0], noise(batch, 0), strict=True):
        chosen(classifier, "clean")
        p = classifier(clip[None])[0].softmax(0).detach()
        chosen(classifier, "adversarial")
        low, high = (clip - RADIUS).clamp(min=0), (clip + RADIUS).clamp(max=1)
        here = torch.minimum(torch.maximum(clip + 0.001 * start, low), high)
        for _ in range(steps):
            here = here.requires_grad_()
            # of p log(p / q) only q depends on the clip
            (slope,) = torch.autograd.grad(-(p * classifier(here[None])[0].softmax(0).log()).sum(), here)
            here = torch.minimum(torch.maximum(here.detach() + STRIDE * slope.sign(), low), high)
        moved.append(here)
    classifier.train()
    chosen(classifier, "clean")
    clean = classifier(batch.views[0])
    chosen(classifier, "adversarial")
    worse = classifier(torch.stack(moved))
    labels = batch.labels.tolist()
    wrong = -sum(row.softmax(0)[label].log() for row, label in zip(clean, labels, strict=True)) / len(labels)
    p, q = clean.softmax(1), worse.softmax(1)
    total = wrong + beta * (p * (p / q).log()).sum() / len(labels)
    assert total.item() == pytest.approx(wrong.item() + beta * kl(clean.tolist(), worse.tolist()), rel=1e-9)
    return total, torch.stack(moved)


@pytest.mark.parametrize("norms", ["single", "dual"])
def test_trades_is_what_a_second_implementation_computes(norms):
    tuning, batch = AFF(norms=norms, beta=6.0), given()
    ours, theirs = (begun(tuning, "adversarial") for _ in range(2))
    loss = tuning.loss(ours, batch, batch.labels)
    total, moved = second(theirs, batch, 6.0, steps=10)
    assert loss.item() == pytest.approx(total.item(), rel=1e-9)
    torch.testing.assert_close(tuning.attacked(begun(tuning, "adversarial"), batch), moved)
    loss.backward()
    total.backward()
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, msg=lambda said, name=name: f"{name}: {said}")
    for mine, other in zip(ours.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(mine, other)


@pytest.mark.parametrize("way", [ALF(), AFF()])
def test_attacks_climb_within_the_ball_and_leave_no_trace(way):
    batch, classifier = given(), begun(way)
    clean = batch.views[0].round(decimals=1)  # black and white too
    batch, before = replace(batch, views=(clean,)), values(classifier)
    seen = []

    def loss(clips):
        logits = classifier(clips)
        seen.append(classifier.training)
        return logits.logsumexp(1).sum() - logits.gather(1, batch.labels[:, None]).sum()

    moved = way.attack(classifier, batch, loss)
    change = (moved - clean).abs()
    assert change.max() <= RADIUS + 1e-12 and moved.min() >= 0 and moved.max() <= 1
    assert (change > RADIUS - 1e-9).any() and seen == [False] * 10 and not moved.requires_grad
    assert all(torch.equal(tensor, before[name]) for name, tensor in values(classifier).items())
    assert all(p.grad is None for p in classifier.parameters()) and classifier.training == (type(way) is AFF)
    with torch.no_grad(), evaluating(classifier):
        assert loss(moved) > loss(clean)


def test_starts_are_as_far_as_they_may_and_drawn_by_key():
    batch, classifier = given(), begun(ALF())
    still = [
        Nearby(steps=0, noise=reach)(classifier, batch, lambda clips: clips.sum()) - batch.views[0]
        for reach in (RADIUS, 0.001, 0.0)
    ]
    for change, most in zip(still, (RADIUS, 0.001, 0.0), strict=True):
        assert change.abs().max().item() == pytest.approx(most, rel=0.05)
    other = replace(batch, seed=6)
    assert not torch.equal(Nearby(steps=0)(classifier, other, lambda c: c.sum()) - batch.views[0], still[0])


def learn(tuning, classifier, steps=3):
    optimizer = tuning.build(classifier)
    for step in range(steps):
        batch = given(seed=step)
        optimizer.zero_grad()
        tuning.loss(classifier, batch, batch.labels).backward()
        optimizer.step()


@pytest.mark.parametrize("tuning", WAYS[:2])
def test_a_frozen_encoder_stays_bit_by_bit_what_it_was(tuning):
    classifier = tuning.begin(encoder("adversarial"), "adversarial", 3).double()
    before = values(classifier)
    learn(tuning, classifier)
    after = values(tuning.end(classifier))
    assert {name for name in after if not torch.equal(after[name], before[name])} == {"head.weight", "head.bias"}
    assert after.keys() == values(Classifier(NarrowResNet(width=4).build(), 3)).keys()  # no branches


def test_linear_layers_see_the_branch_that_is_measured():
    for branch in ("clean", "adversarial"):
        whole = encoder("adversarial").eval()
        chosen(whole, branch)
        expected = whole(given().views[0])
        classifier = SLF().begin(encoder("adversarial"), branch, 3)
        torch.testing.assert_close(classifier.encoder(given().views[0]), expected)


def statistics(module, branch) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.named_buffers() if f".{branch}." in name}


def test_dual_norms_learn_apart_and_the_adversarial_ones_are_left():
    tuning = AFF(norms="dual", attack=Nearby(steps=2, noise=0.001))
    classifier = begun(tuning, "adversarial", "labelled")
    before = {branch: statistics(classifier, branch) for branch in ("clean", "adversarial", "labelled")}
    learn(tuning, classifier, steps=1)
    moved = {
        branch: [not torch.equal(tensor, some[name]) for name, tensor in statistics(classifier, branch).items()]
        for branch, some in before.items()
    }
    assert all(moved["clean"]) and all(moved["adversarial"]) and moved["labelled"] and not any(moved["labelled"])
    count = sum(isinstance(part, BranchedBatchNorm) for part in classifier.modules())
    kept = {n.replace(".adversarial", ""): t for n, t in values(classifier).items() if ".adversarial." in n}
    left = values(tuning.end(classifier))
    norms = [part for part in classifier.modules() if isinstance(part, _BatchNorm)]
    assert len(norms) == count > 0 and not any(isinstance(part, BranchedBatchNorm) for part in classifier.modules())
    assert kept and all(torch.equal(left[name], tensor) for name, tensor in kept.items())


def test_full_fine_tuning_is_plain_training():
    ours, theirs = (begun(Full(), "adversarial") for _ in range(2))
    learn(Full(rate=0.05, weight_decay=1e-3), ours)
    descent = torch.optim.SGD(theirs.parameters(), 0.05, 0.9, weight_decay=1e-3)
    for step in range(3):
        batch = given(seed=step)
        descent.zero_grad()
        chances = theirs(batch.views[0]).softmax(1)
        (-sum(row[y].log() for row, y in zip(chances, batch.labels.tolist(), strict=True)) / len(chances)).backward()
        descent.step()
    for (name, mine), other in zip(values(ours).items(), values(theirs).values(), strict=True):
        torch.testing.assert_close(mine, other, msg=lambda said, name=name: f"{name}: {said}")


@pytest.mark.parametrize("branch", ["clean", "adversarial"])
@pytest.mark.parametrize("tuning", WAYS[2:])
def test_a_single_norm_is_that_of_the_measured_branch_and_all_weights_learn(tuning, branch):
    classifier = begun(tuning, "adversarial", branch=branch)
    before = values(classifier)
    scales = {n.replace(f".{branch}", ""): t for n, t in values(encoder("adversarial")).items() if f".{branch}." in n}
    assert scales and all(torch.equal(before[f"encoder.{name}"], tensor) for name, tensor in scales.items())
    learn(tuning, classifier)
    after = values(tuning.end(classifier))
    assert after.keys() == before.keys() and all(not torch.equal(after[name], before[name]) for name in after)


@pytest.mark.parametrize("tuning", WAYS)
def test_encoders_without_batch_norms_learn_too(tuning):
    grouped = NarrowResNet(width=8).build().double()
    normalise_by(grouped, "group")
    classifier = tuning.begin(grouped, "adversarial", 3).double()
    learn(tuning, classifier)
    assert classifier(given().views[0]).isfinite().all() and classifier.head.weight.abs().max() > 0


def test_two_kinds_of_norms_are_refused_where_the_run_had_one():
    with pytest.raises(
        Refusal, match="norms is dual, and this run had no batch norms for attacked views; choose singl"
    ):
        AFF(norms="dual").begin(NarrowResNet(width=4).build(), "clean", 3)


class Mean(nn.Module):
    """Of each channel."""

    def forward(self, pictures):
        return pictures.mean((-2, -1))


def colours() -> tuple[Encoder, Batch]:
    """An encoder that sees colours only, and clips whose class is their brightest one."""
    draw, labels = torch.Generator().manual_seed(0), torch.arange(30) % 3
    clips = 0.6 * torch.rand(30, 1, 3, 4, 4, generator=draw)
    clips[torch.arange(30), 0, labels] += 0.3
    batch = Batch((clips,), clips[:, None][:, :0], torch.arange(30), labels, (), torch.zeros(30, dtype=torch.int64))
    return Encoder(Mean(), 3, sees_time=False), batch


@pytest.mark.parametrize("tuning", [SLF(rate=0.5), ALF(rate=0.5)])
def test_linear_layers_start_from_zero_and_learn_what_is_separable(tuning):
    network, batch = colours()
    classifier = tuning.begin(network, "clean", 3)
    optimizer = tuning.build(classifier)
    features = network(batch.views[0])
    for step in range(40):
        loss = tuning.loss(classifier, batch, batch.labels)
        optimizer.zero_grad()
        loss.backward()
        if step == 0 and type(tuning) is SLF:  # of logits that are all zero
            assert loss.item() == pytest.approx(math.log(3))
            wrong = (1 / 3 - nn.functional.one_hot(batch.labels).float()) / 30
            torch.testing.assert_close(classifier.head.weight.grad, wrong.T @ features)
        optimizer.step()
    assert (classifier(batch.views[0]).argmax(1) == batch.labels).all()
    moved = tuning.loss(classifier, batch, batch.labels) if type(tuning) is ALF else None
    assert moved is None or moved > nn.functional.cross_entropy(classifier(batch.views[0]), batch.labels)


def tuned(images, tuning, seed=0):
    torch.manual_seed(3)
    network = NarrowResNet(width=4, zero_init=False).build()
    loader = Loader(images / "train", side=8, decoder=Plain())
    return tune(replace(tuning, epochs=1, batch=16), network, "clean", loader, Shards(images / "train"), seed, Place())


@pytest.mark.parametrize("tuning", WAYS)
def test_the_same_seed_gives_the_same_weights(tuning, images):
    (one, loss), (two, again), (other, _) = (tuned(images, tuning, seed) for seed in (0, 0, 1))
    assert loss == again and math.isfinite(loss) and not any(part.training for part in one.modules())
    assert all(torch.equal(tensor, values(two)[name]) for name, tensor in values(one).items())
    assert not torch.equal(one.head.weight, other.head.weight) and one.head.weight.shape[0] == 8


def test_a_loss_that_is_no_number_is_refused(images):
    with pytest.raises(Refusal, match="the loss is (nan|inf) at step 3; lower --tuning.rate"):
        tuned(images, replace(WAYS[2], rate=1e30))


def test_one_class_is_refused(images, monkeypatch):
    monkeypatch.setattr(Shards, "classes", None)
    with pytest.raises(Refusal, match="holds one class, and fine-tuning learns classes"):
        tuned(images, SLF())


def test_epochs_are_counted_in_full_batches_and_stairs_in_epochs():
    tuning = SLF()
    steps = tuning.steps(50_000)
    assert steps == 25 * 50_000 // 512 and SLF(epochs=1, batch=8).steps(5) == 1
    rates = [tuning.rate_at(step, steps) for step in range(steps)]
    epochs = [step * 512 / 50_000 for step in range(steps)]
    for epoch, rate in zip(epochs, rates, strict=True):
        if min(abs(epoch - 10), abs(epoch - 20)) > 0.02:
            assert rate == pytest.approx(0.01 * (1 if epoch < 10 else 0.1 if epoch < 20 else 0.01))
    assert replace(tuning, fall=Level()).rate_at(steps - 1, steps) == 0.01


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SLF(epochs=0), "epochs and batch must be at least 1, got 0"),
        (lambda: AFF(beta=-1.0), "beta must be at least 0, got -1"),
        (lambda: Nearby(radius=0.0), "need radius > 0"),
        (lambda: Nearby(noise=-1.0), "noise >= 0"),
    ],
)
def test_impossible_knobs_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
