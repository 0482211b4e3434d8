"""Two real processes: the loss and gradient of one, and disjoint halves of the same batches."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shards.order import Order

HERE = Path(__file__).parent
STEPS = 13  # of 8 of 50 samples: two epochs and a bit


def in_two_processes(script: str, *words) -> str:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*launch, str(HERE / script), *map(str, words)], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def said(images) -> str:
    return in_two_processes("gather_in_two_processes.py", images / "train", STEPS)


def test_they_have_the_gradient_of_one_unless_each_normalises_by_its_own_batch(said):
    once = "SimCLR", "Plain", "UEL", "SupCon", "BYOL", "Supervised", "RoCL", "DynACL", "AdvCL"
    cases = dict.fromkeys(once, 1) | {"MoCo": 2, "ACL": 3}
    expected = [(method, norm, "same", n) for method, n in cases.items() for norm in ("group", "synchronised")]
    for method, norm, word, count in [*expected, ("SimCLR", "batch", "other", 1), ("MoCo", "batch", "other", 1)]:
        line = rf"(?<!Dyn){method} by {norm}: {word} gradient, {word} buffers"
        assert len(re.findall(line, said)) == 2 * count, said


def test_a_moco_that_deals_keys_out_the_synchronised_norm_and_clusters_are_as_of_one(said):
    assert said.count("dealing and norms: as they should be") == 2
    assert said.count("clusters: same memory") == 2


def test_chunks_have_the_gradient_of_the_whole_batch_and_send_it_once(said):
    for norm in "group", "synchronised":
        assert said.count(f"{norm}: same gradient and buffers, buckets sent [0]") == 2, said


def test_they_see_disjoint_halves_of_the_same_batches(said):
    found = re.search(r"^ids: (.*)$", said, re.MULTILINE)
    assert found, said
    first, second = json.loads(found[1])
    order = Order(50, 8, seed=5)
    assert [a + b for a, b in zip(first, second, strict=True)] == [order.at(step)[1].tolist() for step in range(STEPS)]
    stream = [sample for a, b in zip(first, second, strict=True) for sample in a + b]
    assert sorted(stream[:50]) == sorted(stream[50:100]) == list(range(50))
