"""Performance measurements: `python -m benchmarks [pattern]`.

May import `renderer` and `server.simulator`; measures the site from outside, like a visitor. Start
reading at `__main__.py`, then the benchmark that interests you.
"""
