"""The audit: what was done, by whom and from where; read, handed out, and put away once it is old."""
