"""Orders on bad days, on both databases, with a real song service behind them."""
