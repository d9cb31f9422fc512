"""Logging and the masking of secrets."""
