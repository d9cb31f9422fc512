"""The song service: its API, what its answers mean, and which song hosts may be contacted."""
