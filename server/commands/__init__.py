"""Commands besides the site itself: backup, restore, status and doctor."""
