"""Carries files between appliances and lets people in: the front door, drop boxes, peers.

May call `tanos`; knows no menus. What runs inside a session is handed in from above.
"""
