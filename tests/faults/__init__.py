"""Rows of the fault table, on real servers and with processes that really die.

README.md names the tests behind each row. After each test `invariants.py` examines what is left.
"""
