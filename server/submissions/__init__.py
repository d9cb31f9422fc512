"""The domain: submissions, their stages, and who may move them.

May import `services` and its dependencies; never `web` or `pipeline`. Start reading at
`lifecycle.py`; `transitions.py` is the only writer of a submission's stage.
"""
