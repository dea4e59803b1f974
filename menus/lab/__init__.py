"""A lab on one machine: appliances under one directory, on loopback, with an operator's key for all of them."""
