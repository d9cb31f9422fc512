"""Background work: the broker, the tasks, the steps they run, and scheduled upkeep.

May import `submissions`, `services` and their dependencies; never `web`. The only package that
imports taskiq. Start reading at `tasks.py`. Every step can also be called without a broker.
"""
