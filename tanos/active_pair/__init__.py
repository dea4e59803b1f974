"""The two Tanium Servers of an active-active pair: the other one is named by an operator, and asked how it is."""
