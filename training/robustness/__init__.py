"""What it takes to break an encoder."""
