"""What holds for every input there is, tried with some that Hypothesis makes up."""
