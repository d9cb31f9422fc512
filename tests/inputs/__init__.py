"""Bad inputs by kind, each with the answer it must get; see README.md for how a line is read."""
