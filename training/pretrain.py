"""Pretrain an encoder: ``accelerate launch training/pretrain.py RECIPE [--field value …] [--resume]``."""

import sys

import tyro

from shards.refusal import one_sentence
from training.loop import pretrain
from training.recipes import RECIPES

DEFAULT = "simclr-cifar10"


def main() -> None:
    words = sys.argv[1:]
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = [DEFAULT, *words]
    recipes = tyro.extras.subcommand_type_from_defaults(RECIPES)
    with one_sentence():
        pretrain(tyro.cli(recipes, args=words, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,)))


if __name__ == "__main__":
    main()
