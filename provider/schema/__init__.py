"""The shapes of everything that can be declared: data alone, shared by the resources and their handlers."""
