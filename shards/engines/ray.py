"""A Ray cluster: shards on many machines that see the same data and the same target."""

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from shards.refusal import Refusal

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Ray:
    """Processes of a Ray cluster, which has antipodal installed on every machine."""

    address: str | None = None
    """Of the cluster, such as "auto" for the one that this machine belongs to; without one, a cluster is started here,
    of this machine alone."""

    def __call__(self, work: Callable[[T], R], tasks: Iterable[T], jobs: int | None = None) -> Iterator[R]:
        """``work`` over ``tasks``, at most ``jobs`` at a time (``None``: one per core of the cluster); as they come.

        What a lost machine was doing is done again by another.
        Raises: ``Refusal`` if Ray is not installed or its cluster cannot be reached.
        """
        ray = _library()
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            _knock(self.address)
            ray.init(self.address, logging_level=logging.ERROR, log_to_driver=False, include_dashboard=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise Refusal(f"no Ray cluster at {self.address!r} ({error}); start one with: ray start --head") from error
        try:
            task = ray.remote(max_retries=3, num_cpus=1)(work)
            waiting, jobs = iter(tasks), jobs or int(ray.cluster_resources()["CPU"])
            running = [task.remote(one) for one in islice(waiting, jobs)]
            while running:
                done, running = ray.wait(running)
                running += [task.remote(one) for one in islice(waiting, len(done))]
                yield from map(ray.get, done)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except ray.exceptions.RayError as error:
            raise Refusal(
                f"the Ray cluster lost its work ({type(error).__name__}); the finished shards stay: run the same "
                "command again, it goes on where it stopped"
            ) from error
        finally:
            ray.shutdown()


def _knock(address: str | None) -> None:
    """Ray itself waits for hours for a cluster that is not there."""
    host, sign, port = (address or "").removeprefix("ray://").rpartition(":")
    if sign and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _library() -> Any:
    try:
        import ray
    except ImportError as error:
        raise Refusal('engine:ray needs Ray; pip install "antipodal[ray]"') from error
    return ray
