"""Visitors' journeys in a real Chromium over the real site, with nothing mocked.

May import tests.sites and tests.servers. Start with visitor.py, which has what a visitor can do and
what is recorded about it, then test_journey.py.
"""
