"""Live updates over Socket.IO: knows sessions and payloads, not submissions.

Imports no sibling package. `events.py` is the whole protocol; start there.
"""
