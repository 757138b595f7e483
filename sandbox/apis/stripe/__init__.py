"""A stand-in for Stripe that remembers: what its accounts hold, what becomes of it, and who is told."""
