"""What a sender is told of a file that he put into `/incoming`: what it is, whether it is taken, and why not."""
