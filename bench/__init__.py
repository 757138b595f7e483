"""Measurements. Nothing here is a test: a machine's speed is not a property of the code."""
