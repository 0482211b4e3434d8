"""How long the search for nearest neighbours takes, beside a plain one and scikit-learn's."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from sklearn.neighbors import NearestNeighbors

from tools.benchmarks.report import machine, refuse_few, write
from training.probes.nearest import CHUNK, find_nearest


@dataclass(frozen=True)
class Knn:
    """Search random features for the most similar of each of random queries: seconds and CPU seconds of all threads."""

    bank: int = 50_000
    """Features that are searched."""
    queries: int = 10_000
    """Features that ask."""
    width: int = 256
    """Numbers of a feature."""
    neighbours: int = 200
    """Most similar ones that each query gets."""
    rounds: int = 5
    """Turns of each, alternating."""
    threads: int = 2
    """Of each."""
    json: Path = Path(".benchmark/knn.json")
    """A file for all figures."""

    def __call__(self) -> None:
        refuse_few("rounds", self.rounds)
        torch.set_num_threads(self.threads)
        draw = torch.Generator().manual_seed(0)
        bank, queries = (torch.randn(count, self.width, generator=draw) for count in (self.bank, self.queries))
        searches = self._searches(bank, queries)
        turns: dict[str, list[tuple[float, float]]] = {name: [] for name in searches}
        places = {}
        for _ in range(self.rounds):
            for name, search in searches.items():
                start, spent = time.perf_counter(), time.process_time()
                places[name] = search()
                turns[name].append((time.perf_counter() - start, time.process_time() - spent))
        first = next(iter(places.values()))
        for name, found in turns.items():
            seconds, spent = (sorted(some) for some in zip(*found, strict=True))
            same = (places[name].sort(1).values == first.sort(1).values).float().mean().item()
            print(
                f"{name:24}{statistics.median(seconds):7.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}), "
                f"{statistics.median(spent):7.2f} CPU-s ({spent[0]:.2f} to {spent[-1]:.2f}), "
                f"{100 * same:.4f} % of the places as the first"
            )
        write(self.json, {"machine": machine(), "threads": self.threads, "seconds and CPU seconds": turns})

    def _searches(self, bank: torch.Tensor, queries: torch.Tensor) -> dict[str, Callable[[], torch.Tensor]]:
        def plain() -> torch.Tensor:
            rows, columns = F.normalize(queries, dim=1), F.normalize(bank, dim=1).T
            return torch.cat([(part @ columns).topk(self.neighbours, dim=1).indices for part in rows.split(CHUNK)])

        def library() -> torch.Tensor:
            fitted = NearestNeighbors(n_neighbors=self.neighbours, algorithm="brute", metric="cosine").fit(bank.numpy())
            return torch.from_numpy(fitted.kneighbors(queries.numpy(), return_distance=False))

        return {
            "antipodal": lambda: find_nearest(bank, queries, self.neighbours).places,
            "product and topk": plain,
            "scikit-learn, brute": library,
        }
