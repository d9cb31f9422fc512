"""Composes, plays and encodes short songs with only NumPy and PyAV.

May import `numpy` and `av`, nothing of the server. Read the modules in the order in which a song is
made: `vibes.py` (the mood), `melody.py` and `arrangement.py` (notes), `instruments.py` and
`drums.py` (sound), `effects.py` (room and master), `composer.py` (all of it), `mp3.py`.
"""
