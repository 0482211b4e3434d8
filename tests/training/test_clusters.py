"""Clusters of the whole data set: what is remembered, when clusters are found anew, and that they are k-means'."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from shards.refusal import Refusal
from shards.several import open_shards
from tests.training.batches import batch, build
from tests.training.test_false_negatives import AT_ONCE, samples
from training.checkpoints import load_checkpoint, save_checkpoint
from training.false_negatives import AtRandom, Cluster
from training.false_negatives.by_sample import BySample
from training.false_negatives.suspects import Detector
from training.fit import check_data
from training.methods import MoCo, SimCLR
from training.optimizers import SGD
from training.processes import kept_alike


def blobs(count, groups, seed=0):
    """Embeddings in well-separated groups, and the groups."""
    draw = torch.Generator().manual_seed(seed)
    belong = torch.randperm(count, generator=draw) % groups
    return F.normalize(torch.eye(8)[belong] + 0.05 * torch.randn(count, 8, generator=draw), dim=1), belong


def test_clusters_are_those_of_k_means_up_to_their_names():
    rows, belong = blobs(90, 6)
    memory = BySample(100, 8, count=6, refresh=0.5)
    memory.advance(rows, torch.arange(5, 95), 0.5)
    expected = KMeans(6, n_init=10, random_state=1).fit_predict(rows.numpy())
    found = memory.clusters[5:95]
    assert adjusted_rand_score(expected, found) == adjusted_rand_score(belong, found) == 1
    assert (memory.clusters[:5] == -1).all() and (memory.clusters[95:] == -1).all() and (found >= 0).all()


def test_the_newest_embedding_of_a_sample_is_kept():
    memory, (rows, _) = BySample(6, 8, count=2, refresh=1.0), blobs(6, 3)
    memory.advance(rows[:3], torch.tensor([1, 4, 1]), 0.0)  # one sample twice: an epoch's end and the next one's start
    memory.advance(rows[3:5], torch.tensor([4, 0]), 0.0)
    expected = torch.stack([rows[4], rows[2], 0 * rows[0], 0 * rows[0], rows[3], 0 * rows[0]])
    assert torch.equal(memory.features, expected.half())


@pytest.mark.parametrize(
    ("steps", "refresh", "expected"),
    [(10, 0.3, [3, 6, 9]), (10, 0.1, list(range(1, 10))), (7, 0.25, [2, 4, 6]), (10, 1.0, [])],
)
def test_clusters_are_found_anew_when_a_share_of_the_run_is_over(steps, refresh, expected):
    memory, (rows, _), found = BySample(6, 8, 2, refresh), blobs(6, 2), []
    for step in range(steps):
        memory.clusters.fill_(-1)
        memory.advance(rows, torch.arange(6), step / steps)
        found += [step] * bool((memory.clusters >= 0).all())
    assert found == expected


def test_with_fewer_known_samples_than_clusters_it_waits():
    memory, (rows, _) = BySample(20, 8, count=4, refresh=0.5), blobs(20, 4)
    memory.advance(rows[:3], torch.arange(3), 0.5)
    assert (memory.clusters == -1).all()
    memory.advance(rows[3:9], torch.arange(3, 9), 1.0)
    assert (memory.clusters[:9] >= 0).all() and (memory.clusters[9:] == -1).all()


def test_suspects_share_a_known_cluster():
    anchors, candidates = samples(6), samples(9, seed=1, ids=[0, 1, 2, 10, 11, 12, 13, -1, -1])
    detector = Detector(Cluster(3, schedule=AT_ONCE), 20, 3)
    assert not detector(anchors, candidates, 1.0)[0].removed.any()  # nothing is known yet
    clusters = torch.arange(20) % 3
    clusters[[4, 12]] = -1
    detector.memory.clusters.copy_(clusters)
    found, _ = detector(anchors, candidates, 1.0)
    for i, a in enumerate(anchors.ids.tolist()):
        for m, c in enumerate(candidates.ids.tolist()):
            together = a != c and c >= 0 and clusters[a] == clusters[c] and clusters[a] >= 0
            assert found.removed[i, m] == together
    assert found.removed.any()


def trained(method, optimizer, steps):
    for step in steps:
        given = batch(6, seed=step, ids=[(6 * step + i) % 20 for i in range(6)])
        outcome = method(given, None, step / 10)
        outcome.loss.backward()
        optimizer.step(), optimizer.zero_grad()
        method.advance(outcome, given, step / 10)


@pytest.mark.parametrize("kind", [SimCLR(), MoCo(queue=16)])
def test_a_resumed_run_remembers_and_finds_the_same(kind, tmp_path):
    rule = AtRandom(Cluster(4, refresh=0.2, schedule=AT_ONCE))
    calm, rough, resumed = (build(kind, rule, samples=20) for _ in range(3))
    optimizers = [SGD().build(module) for module in (calm, rough, resumed)]
    trained(calm, optimizers[0], range(9))
    trained(rough, optimizers[1], range(5))
    load_checkpoint(save_checkpoint(tmp_path, 5, rough, optimizers[1], {}), resumed, optimizers[2])
    trained(resumed, optimizers[2], range(5, 9))
    assert (calm.detector.memory.clusters >= 0).all() and calm.detector.memory.refreshed == 4
    for name, tensor in calm.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_what_is_remembered_is_not_sent_around():
    method = build(SimCLR(), Cluster(4), samples=20)
    kept_alike(method)
    left_out = set(method._ddp_params_and_buffers_to_ignore)
    assert left_out == {f"detector.memory.{name}" for name in ("features", "clusters", "refreshed")}
    assert left_out < {name for name, _ in method.named_buffers()}


def test_too_many_clusters_are_refused(images):
    with pytest.raises(Refusal, match="cannot part 20 samples into 21 clusters; give .* at most 20"):
        AtRandom(Cluster(21)).check(20)
    with pytest.raises(Refusal, match="cannot part 50 samples into 51 clusters"):
        check_data(SimCLR(), Cluster(51), open_shards(images / "train"))
    Cluster(20).check(20)


def test_embeddings_that_are_no_numbers_are_refused_on_every_process():
    memory, (rows, _) = BySample(20, 8, count=3, refresh=0.5), blobs(20, 3)
    rows[4, 2] = torch.nan
    with pytest.raises(Refusal, match="no longer numbers, so they have no clusters; lower --optimizer.rate"):
        memory.advance(rows, torch.arange(20), 0.5)
