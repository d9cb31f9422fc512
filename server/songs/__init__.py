"""The song service: its API, what its answers mean, and which addresses it may name."""
