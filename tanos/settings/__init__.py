"""The platform's settings: what there is, what it may be, what holds, and who reads it."""
