"""The command line, with the names and exit codes of Pulumi's."""
