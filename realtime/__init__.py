"""Live updates over Socket.IO: it knows sessions and payloads, not submissions.

Imports no sibling package. Start reading at `events.py`, the whole protocol.
"""
