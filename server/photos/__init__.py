"""Untrusted photo -> clean JPEG, decoded in a child process that may crash.

May import `renderer.process_pool` and the errors; knows nothing of submissions. Start reading at
`cleaning.py`, which processes a photo; `child.py` and `pool.py` run it. Nothing is imported here,
because the child's memory is enough for little more than Pillow.
"""
