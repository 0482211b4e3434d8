"""Reports. One file per part of an evaluation; to add one, add its file and name it here, where it is to be read."""

from collections.abc import Callable

from training.reports import (
    attack,
    autoattack,
    clips,
    corruptions,
    cues,
    geometry,
    knn,
    linear,
    masking,
    representation,
    retrieval,
    shape_bias,
    shifts,
    textures,
)
from training.reports.section import Groups, Section

PARTS: tuple[tuple[str, Callable[[Groups], Section]], ...] = (
    ("knn", knn.section),
    ("retrieval", retrieval.section),
    ("linear", linear.section),
    ("clips", clips.section),
    ("cues", cues.section),
    ("robustness", attack.section),
    ("autoattack", autoattack.section),
    ("masking", masking.section),
    ("corruptions", corruptions.section),
    ("shifts", shifts.section),
    ("shape bias", shape_bias.section),
    ("textures", textures.section),
    ("geometry", geometry.section),
    ("representation", representation.section),
)
"""Keys of evaluation.json, and what is said of what lies under them."""
