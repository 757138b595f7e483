"""Walk all phases on a copy, with users on it, and tell what they would have noticed."""
