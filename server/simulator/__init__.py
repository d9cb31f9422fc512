"""A stand-in song service: the real one's API, really composed songs, and faults on demand.

The demo, the tests and the benchmarks run against it as a separate HTTP server; nothing in the
application may import it but the command that starts the demo. It imports no other part of the
server. Start reading at `service.py` (what a generation goes through), then `api.py` and
`faults.py`; the music lives in `music/`.
"""
