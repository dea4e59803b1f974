"""The person at a workstation: his ssh configuration, his keys, his known_hosts. Only the courier uses them."""
