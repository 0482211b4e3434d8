"""From batches to an encoder. Gradients live here; media files do not."""
