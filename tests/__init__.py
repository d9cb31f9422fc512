"""The tests: unit/ without I/O, integration/ on real servers, e2e/ in a browser, faults/ by rows.

May import everything of this repository. Start with conftest.py, which lends real servers, and with
unit/test_conventions.py, which holds the rules of the house.
"""
