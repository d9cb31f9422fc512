"""Logging, and what is masked in it."""
