"""One run of a stack: registrations become steps, steps become the provider's calls, and these rows."""
