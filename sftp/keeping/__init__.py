"""The keeper as a process of its own: who may ask it what, how it is asked, who starts it again."""
