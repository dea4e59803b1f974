"""What an appliance is and does: nouns and operations.

This floor knows no terminal and no SSH. It asks nobody and prints nothing: operations take answers,
return a Plan or a Result, and raise an error of the one small tree in `tanos.errors`.
"""

__version__ = "0.1.0"
