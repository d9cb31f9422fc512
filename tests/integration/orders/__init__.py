"""Orders while things fail, on both databases, with a real song service."""
