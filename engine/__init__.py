"""The embedded engine: what runs where the Pulumi CLI is not installed."""
