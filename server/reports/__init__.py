"""Reports for operators about the whole site: statistics, workers, poison submissions, metrics."""
