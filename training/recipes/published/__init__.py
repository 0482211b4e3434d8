"""Settings that others published, each with its source: a file per paper, or per family of them."""

from training.recipes.published.clae import CLAE_RUNS
from training.recipes.published.fnc import FNC_RUNS
from training.recipes.published.non_semantic import NON_SEMANTIC_RUNS
from training.recipes.published.robust import ROBUST_RUNS
from training.recipes.published.susceptibility import SUSCEPTIBILITY_RUNS

PUBLISHED = NON_SEMANTIC_RUNS | CLAE_RUNS | FNC_RUNS | SUSCEPTIBILITY_RUNS | ROBUST_RUNS
