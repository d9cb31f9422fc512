"""A stranger's photo -> a clean JPEG, decoded in a child process that may well die of it.

May import `renderer.process_pool` and the errors; knows nothing of submissions. Start reading at
`cleaning.py`, which is all that happens to a photo; `child.py` and `pool.py` are where. Nothing is
imported here: the child has room for little more than Pillow.
"""
