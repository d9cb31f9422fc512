"""A simulator of the song service: its API, really composed songs, and faults on demand.

The demo, tests and benchmarks run it as a separate HTTP server; in the application, only the
command that starts the demo imports it. It imports no other part of the server. Start reading at
`service.py` (the life of a generation), then `api.py` and `faults.py`; `music/` composes.
"""
