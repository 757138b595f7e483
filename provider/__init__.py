"""The `voip` provider: the plugin that reads and changes what the program declares."""
