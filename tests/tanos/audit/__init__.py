"""The audit as it is read, handed out and put away."""
