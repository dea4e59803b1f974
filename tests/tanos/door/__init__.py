"""What the front door demands and remembers."""
