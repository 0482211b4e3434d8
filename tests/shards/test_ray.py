"""A real Ray cluster of two nodes makes the same bytes as this machine."""

import socket
import sys

import pytest
import ray
from ray.cluster_utils import Cluster

from shards.engines.ray import Ray
from shards.make import make_split
from shards.refusal import Refusal
from shards.target import Local
from tests.shards import slow
from tests.shards.test_stopped import contents


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each; nodes of one machine share its storage, as they should."""
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_two_nodes_make_the_same_bytes(cluster, tmp_path):
    list(make_split(slow.plan(), Local(tmp_path / "here")))
    made = list(make_split(slow.plan(0.3), Local(tmp_path / "there"), None, Ray(cluster.address)))
    assert sorted(done.items for done in made) == [3] * 8
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_what_a_lost_node_was_doing_is_done_by_another(cluster, tmp_path):
    list(make_split(slow.plan(), Local(tmp_path / "here")))
    lost = cluster.add_node(num_cpus=2)
    making = make_split(slow.plan(0.3), Local(tmp_path / "there"), None, Ray(cluster.address))
    next(making)
    cluster.remove_node(lost, allow_graceful=False)
    assert len([*making]) == 7
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_cluster_is_refused_with_what_to_type():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*free.getsockname())
    for nowhere in (address, "no.such.host.invalid:6379"):
        with pytest.raises(Refusal, match=f"no Ray cluster at '{nowhere}'.*ray start --head"):
            list(Ray(nowhere)(len, ["a"]))


def test_without_ray_the_install_command_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Refusal, match=r'engine:ray needs Ray; pip install "antipodal\[ray\]"'):
        list(Ray()(len, ["a"]))
