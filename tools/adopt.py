"""Measure weights that were trained elsewhere: ``python tools/adopt.py FILE --loader.shards DIR --out runs/theirs``.

Makes a run's folder of step 0, on which evaluate.py, finetune.py and export.py work. Nothing in FILE is executed.

python tools/adopt.py moco.pth.tar --network.name resnet50 --loader.shards data/imagenet/train --out runs/moco

python tools/adopt.py r3d_18.pth network:video --loader.side 112 --loader.clip.length 16 --loader.shards … --out …
"""

import tyro
from tyro.conf import CascadeSubcommandArgs

from shards.refusal import one_sentence
from training.weights.adopting import Adopt


def main() -> None:
    """Do what the command line asks for."""
    asked = tyro.cli(Adopt, description=__doc__, config=(CascadeSubcommandArgs,))
    print(*asked(), sep="\n")
    print(f"next: python training/evaluate.py {asked.out}")


if __name__ == "__main__":
    with one_sentence():
        main()
