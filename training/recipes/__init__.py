"""Runs worth naming. A recipe is a value; a new run is ``replace(RECIPES["…"], …)``, or a few options.

Above each stand its command, its cost, and where its figures are. Steps are epochs · samples // batch.
"""

from shards.refusal import Refusal
from training.recipes.large import LARGE
from training.recipes.published import PUBLISHED
from training.recipes.small import SMALL
from training.run import Pretrain

DEFAULT = "simclr-synthetic"

RECIPES = SMALL | LARGE | PUBLISHED


def find_recipe(name: str) -> Pretrain:
    """A recipe by its name.

    Raises: ``Refusal`` with the names there are.
    """
    if name not in RECIPES:
        raise Refusal(f"no recipe {name!r}; choose one of: {', '.join(RECIPES)}")
    return RECIPES[name]
