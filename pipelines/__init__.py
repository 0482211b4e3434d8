"""Data in motion. Shards come in, batches of augmented views and negatives go out, on the device; no gradients here."""
