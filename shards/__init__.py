"""Data at rest. Files come in, tars with an index go out; bytes only, nothing here knows of tensors."""
