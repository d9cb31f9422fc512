"""Numbered steps of the database schema, written by `tortoise makemigrations`.

A step is never edited after its release and imports nothing of ours.
"""
