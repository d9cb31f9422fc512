"""What holds for every possible input, tried with inputs that Hypothesis generates."""
