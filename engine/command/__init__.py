"""`command:local:Command` of the package `pulumi-command`, for machines without its official plugin."""
