"""The renderer, tested by reading back what it wrote."""
