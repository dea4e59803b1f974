"""Keys whose private half everybody has: published ones, which are known from the start, and lists of others."""
