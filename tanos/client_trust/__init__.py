"""What clients of 7.4 hold, believe and are told of keys, and what is made for them by who serves them.

Invariant: nothing here knows an appliance, so that a service's process, which reads no file, may have all of it.
"""
