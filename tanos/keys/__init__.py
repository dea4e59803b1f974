"""SSH keys of an appliance: its host keys, its users' own pairs, and the keys that may sign in."""
