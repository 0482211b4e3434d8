"""How fast is it? Ratios are measured side by side in one run; quote them with the command and the machine.

python tools/benchmark.py images --root $DATA/imagenet_sample.tar

python tools/benchmark.py videos

Peers that need packages of their own get an environment of their own in --work; nothing is installed for antipodal.
"""

from typing import Annotated

import tyro
from tyro.conf import subcommand

from shards.refusal import one_sentence
from tools.benchmarks.augment import Augment
from tools.benchmarks.corruptions import Corruptions
from tools.benchmarks.gpu import Gpu
from tools.benchmarks.images import Images
from tools.benchmarks.knn import Knn
from tools.benchmarks.memory import Memory
from tools.benchmarks.planning import Planning
from tools.benchmarks.reading import Reading
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
    | Annotated[Reading, subcommand("reading")]
    | Annotated[Planning, subcommand("planning")]
    | Annotated[Memory, subcommand("memory")]
    | Annotated[Knn, subcommand("knn")]
    | Annotated[Gpu, subcommand("gpu")]
    | Annotated[Corruptions, subcommand("corruptions")]
)

if __name__ == "__main__":
    with one_sentence():
        tyro.cli(tyro.conf.OmitArgPrefixes[Benchmark], description=__doc__)()
