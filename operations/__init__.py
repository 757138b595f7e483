"""The commands that are not Pulumi's."""
