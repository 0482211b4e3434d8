"""Pretrain an encoder: ``accelerate launch training/pretrain.py RECIPE [--field value …] [--resume]``.

Without a recipe the embedded synthetic images are used; make them with ``python tools/make_shards.py``.
``RECIPE --help`` lists every field; ``RECIPE loader.negatives:patches --loader.negatives.count 2`` swaps a part.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import tyro

from shards.refusal import one_sentence
from training.loop import pretrain
from training.recipes import DEFAULT, RECIPES
from training.run import Pretrain


def parse(words: list[str]) -> Pretrain:
    """The run that a command line asks for; without a recipe's name, the default recipe."""
    return parse_as(lambda recipes: recipes, words, __doc__)


def parse_as(
    form: Callable[[Any], Any], words: list[str], description: str | None, recipes: Mapping[str, Pretrain] = RECIPES
) -> Any:
    """What a command line that begins with a recipe asks for.

    Args:
        form: From the type of the recipes to the type that is asked for, so that other commands can have other options
            beside those of the recipe.
        recipes: Those that can be named.
    """
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = [DEFAULT, *words]
    kind = form(tyro.extras.subcommand_type_from_defaults(recipes))
    return tyro.cli(kind, args=words, description=description, config=(tyro.conf.CascadeSubcommandArgs,))


if __name__ == "__main__":
    with one_sentence():
        pretrain(parse(sys.argv[1:]))
