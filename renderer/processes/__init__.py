"""Pools of warm child processes, for work that may crash, leak or hang."""
