"""One run of a stack: what the program wants becomes steps, steps become the provider's calls, and these rows."""
