"""Composes, plays and encodes short songs with nothing but NumPy and PyAV.

May import `numpy` and `av`, nothing of the server. Read in the order in which a song comes about:
`vibes.py` (the mood), `melody.py` and `arrangement.py` (notes), `instruments.py` and `drums.py`
(sound), `effects.py` (room and master), `composer.py` (all of it), `mp3.py`.
"""
