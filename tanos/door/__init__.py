"""What the front door demands and remembers: whom it makes wait, from where it lets in, and how it proves itself."""
