"""The domain: what a submission is, which states it goes through, and who may move it.

May import `services` and what lies below it; never `web` or `pipeline`.
Start reading at `lifecycle.py`; `transitions.py` is the only writer of a submission's state.
"""
