"""Backups: taken, restored at once into a scratch database, and only then counted."""
