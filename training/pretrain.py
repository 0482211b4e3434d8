"""Pretrain an encoder: ``accelerate launch training/pretrain.py RECIPE [--field value …] [--resume]``.

Without a recipe the embedded synthetic images are used; make them with ``python tools/make_shards.py``.
``RECIPE --help`` lists every field; ``RECIPE loader.negatives:patches --loader.negatives.count 2`` swaps a part.
"""

import sys

import tyro

from shards.refusal import one_sentence
from training.loop import pretrain
from training.recipes import DEFAULT, RECIPES
from training.run import Pretrain


def parse(words: list[str]) -> Pretrain:
    """The run that a command line asks for; without a recipe's name, the default recipe."""
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = [DEFAULT, *words]
    recipes = tyro.extras.subcommand_type_from_defaults(RECIPES)
    return tyro.cli(recipes, args=words, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,))


if __name__ == "__main__":
    with one_sentence():
        pretrain(parse(sys.argv[1:]))
