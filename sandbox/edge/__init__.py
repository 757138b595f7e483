"""The edge: functions served on Deno, each project's by its own URL."""
