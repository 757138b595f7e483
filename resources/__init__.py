"""The client side of the provider: what components register with Pulumi."""
