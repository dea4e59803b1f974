"""Who has the services run: starts and watches them, and answers over their lines what they may know.

Invariant: it knows the rooms, and none of them knows it.
"""
