"""Faults from B3 to B8 of the list of faults, on real servers and processes that really die.

README.md tells which test holds which row. After each test `invariants.py` examines what is left.
"""
