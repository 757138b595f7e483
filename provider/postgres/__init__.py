"""Postgres objects: one file for each kind, one query for each catalog."""
