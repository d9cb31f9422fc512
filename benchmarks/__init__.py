"""Timings for performance engineers: `python -m benchmarks [pattern]`.

May import `renderer` and `server.simulator`; measures the site from outside, as a visitor meets it.
Start reading at `__main__.py`, then the area that interests you.
"""
