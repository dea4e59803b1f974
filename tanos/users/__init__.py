"""The accounts of the console and their passwords."""
