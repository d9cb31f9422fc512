"""The HTTP interface on both stacks: the specification's examples as a table, then bad input."""
