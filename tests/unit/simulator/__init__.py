"""Tests of the simulated song service; `callers.py` has both ends that talk to it."""
