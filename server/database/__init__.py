"""The database: connection, schema, clock, and workarounds for PostgreSQL and SQLite."""
