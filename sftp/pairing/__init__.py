"""Two appliances let each other in: a text from each to the other, and the four arrows between them, really tried."""
