"""What exists, and from which phase until which: one module for each domain."""
