"""Trained encoders for others: plain weights, a model card with the lines that load them, ONNX."""
