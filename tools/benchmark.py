"""How fast is it? Ratios are measured side by side in one run; quote them with the command and the machine.

python tools/benchmark.py shards --root $DATA/imagenet_sample.tar

python tools/benchmark.py planning --samples 10000000

python tools/benchmark.py loader simclr-imagenet --shards data/imagenet_sample/train --batch 100
"""

from typing import Annotated

import tyro
from tyro.conf import subcommand

from shards.refusal import one_sentence
from tools.benchmarks.augment import Augment
from tools.benchmarks.images import Images
from tools.benchmarks.loader import LoaderAlone
from tools.benchmarks.planning import Planning
from tools.benchmarks.resume import Resume
from tools.benchmarks.shards import Shards
from tools.benchmarks.step import Step
from tools.benchmarks.videos import Videos

Benchmark = (
    Annotated[Images, subcommand("images")]
    | Annotated[Videos, subcommand("videos")]
    | Annotated[Augment, subcommand("augment")]
    | Annotated[Step, subcommand("step")]
    | Annotated[Resume, subcommand("resume")]
    | Annotated[Shards, subcommand("shards")]
    | Annotated[Planning, subcommand("planning")]
    | Annotated[LoaderAlone, subcommand("loader")]
)

if __name__ == "__main__":
    with one_sentence():
        tyro.cli(tyro.conf.OmitArgPrefixes[Benchmark], description=__doc__)()
