"""What two or more functions share."""
