"""Weights that were trained elsewhere, so that they can be measured like a run's."""
