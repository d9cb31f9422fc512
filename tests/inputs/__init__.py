"""Bad inputs by kind, each with the answer it must get; README.md explains the lines."""
