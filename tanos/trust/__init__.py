"""Trust between the two Tanium Servers of an active-active pair: decided on each of them, and one state on both."""
