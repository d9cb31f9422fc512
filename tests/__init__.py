"""The tests: unit/ without I/O, integration/ on real servers, e2e/ in a browser, faults/ by fault.

May import everything in this repository. Start with conftest.py, which provides the real servers,
and with unit/test_conventions.py, which enforces the repository's conventions.
"""
