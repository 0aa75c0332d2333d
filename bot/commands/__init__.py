"""The subjects of the `loa` command line, one file each. Heavy imports stand inside the commands, not here."""
