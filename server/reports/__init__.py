"""What operators read about the site as a whole: statistics, workers, poison rows, metrics."""
