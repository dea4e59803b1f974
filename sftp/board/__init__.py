"""The board: many appliances of an ssh configuration at a glance, asked by the person's own ssh."""
