"""What the console shows to everybody before signing in: text with the little markup that only arranges it."""
