"""What arrives by paste or by file: collected, repaired where that is safe, refused by name where it is not."""
