"""What processes may do, part by part."""
