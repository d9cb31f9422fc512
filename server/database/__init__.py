"""The database: connection, schema, clock, and what PostgreSQL and SQLite need of their own."""
