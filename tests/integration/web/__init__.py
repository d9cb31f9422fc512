"""The HTTP interface on both stacks: the spec's examples as a table, then the rows of bad input."""
