"""Journeys through the real site, its processes and a song service that misbehaves."""
