"""The line between two Tanium Servers of an active-active pair, as the Tanium Server's process has it."""
