"""Asks and shows: one tree of menus, three faces (screens, plain, command), and the entry points."""
