"""The application: everything that knows what a submission is.

May import `realtime` and `renderer`; only `tests` and `benchmarks` import it. Start reading at
`submissions/lifecycle.py`, then `services.py`, then `pipeline/tasks.py`.
"""
