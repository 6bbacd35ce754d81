"""The database: tables, sessions, migrations and reference tables."""
