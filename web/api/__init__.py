"""The JSON API: one application, mounted at /api/v1."""
