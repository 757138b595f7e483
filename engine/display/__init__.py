"""What a run looks like: lines, a live tree, property details or JSON."""
