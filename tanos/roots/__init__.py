"""The root keys of a Tanium Server: which there are, what each has signed, and how one follows another."""
