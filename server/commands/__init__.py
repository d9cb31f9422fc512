"""What the command line runs beside the site itself: backup, restore, status and doctor."""
