"""Tests against real servers: SQLite with everything in one process, and PostgreSQL with Redis."""
