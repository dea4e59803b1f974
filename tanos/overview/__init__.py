"""How everything stands at a glance: pages that read every room, and that no room reads."""
