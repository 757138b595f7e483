"""Two environments held against each other: what differs, counted and in order."""
