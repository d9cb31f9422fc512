"""Journeys of visitors in a real Chromium over the real site; nothing on the way is imitated.

May import tests.sites and tests.servers. Start with visitor.py, what a visitor can do and what is
noted about it, then test_journey.py.
"""
