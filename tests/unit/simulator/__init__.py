"""Tests of the stand-in song service; `callers.py` holds both ends that speak to it."""
