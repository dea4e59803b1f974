"""The client: registers with a Tanium Server or a zone server, and obeys what it is told there."""
