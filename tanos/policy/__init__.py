"""What an administrator decides about the console itself: numbers with a range, a default and a meaning of zero."""
