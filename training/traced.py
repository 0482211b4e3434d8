"""``--profile``: what every thread does in a few steps, as a trace that a browser draws."""

from collections.abc import Iterator

from torch._C._profiler import _ExperimentalConfig  # torch's own road to profile_all_threads; it has no public name
from torch.profiler import ProfilerActivity, profile, supported_activities

from shards.refusal import Refusal
from training.floor import WARM_UP
from training.run import Pretrain

FILE = "trace.json"


def check_steps(run: Pretrain, first: int) -> None:
    """Raises: ``Refusal`` if a start at step ``first`` does not take the steps that are to be traced, warmed up."""
    if run.profile and not first + WARM_UP <= run.profile[0] < run.profile[1] <= run.steps:
        raise Refusal(
            f"--profile {run.profile[0]} {run.profile[1]} cannot be traced: this start takes steps {first} to "
            f"{run.steps} and warms up in {WARM_UP}; name two rising numbers from {first + WARM_UP} to {run.steps}"
        )


def traced(run: Pretrain, first: int, rank: int) -> Iterator[int]:
    """The steps from ``first`` on; the first process traces those that the run names."""
    if not run.profile or rank > 0:
        yield from range(first, run.steps)
        return
    begin, end = run.profile
    # all threads: decoding and augmentation happen in the loader's
    profiler = profile(
        activities=supported_activities() & {ProfilerActivity.CPU, ProfilerActivity.CUDA},
        experimental_config=_ExperimentalConfig(profile_all_threads=True),
    )
    for step in range(first, run.steps):
        if step == begin:
            profiler.start()
        yield step
        if step + 1 == end:
            profiler.stop()
            profiler.export_chrome_trace(str(run.out / FILE))
            print(f"steps {begin} to {end - 1} are traced in {run.out / FILE}; open it at https://ui.perfetto.dev")
