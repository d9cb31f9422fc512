"""The application: everything that knows what a submission is.

May import `realtime` and `renderer`; nothing imports it but `tests` and `benchmarks`.
Start reading at `submissions/lifecycle.py`, then `services.py`, then `pipeline/tasks.py`.
"""
