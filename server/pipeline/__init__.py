"""Background work, in the order it happens: the queue, its tasks, the steps they run, the upkeep.

May import `submissions`, `services` and what lies below; never `web`. The one home of taskiq.
Start reading at `tasks.py`, top to bottom; every step can be run again by hand.
"""
