"""A process and all that it has started: what they use and hold together."""

import time
from collections.abc import Sequence

import psutil

QUIET = 0.3  # seconds without work after which nothing is being read ahead any more
TICK = 0.01  # seconds: what the kernel counts in


class Family:
    """A process with its children and theirs."""

    def __init__(self, parent: psutil.Process):
        self.parent = parent

    def members(self) -> list[psutil.Process]:
        try:
            return [self.parent, *self.parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return [self.parent]

    def cpu(self) -> float:
        """CPU seconds of all, also of those that have ended."""
        return sum(sum(_times(process)) for process in self.members())

    def at_rest(self) -> tuple[float, float]:
        """Wait until nobody works. Returns: CPU seconds, and since when (``time.perf_counter``)."""
        cpu, since = self.cpu(), time.perf_counter()
        while time.perf_counter() - since < QUIET:
            time.sleep(TICK)
            now = self.cpu()
            if now - cpu > TICK:
                cpu, since = now, time.perf_counter()
        return cpu, since

    def held(self) -> dict[str, float]:
        """What they hold now."""
        members = self.members()
        return {
            "resident MB": sum(process.memory_info().rss for process in members) / 1e6,
            "open files": sum(process.num_fds() for process in members),
            "threads": sum(process.num_threads() for process in members),
        }

    def end(self) -> None:
        """Let them end by themselves, for five seconds."""
        _, alive = psutil.wait_procs(self.members(), timeout=5)
        for process in alive:
            process.kill()


def _times(process: psutil.Process) -> Sequence[float]:
    try:
        return process.cpu_times()[:4]  # user, system, and those of children that were waited for
    except psutil.NoSuchProcess:
        return ()
