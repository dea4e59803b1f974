"""The measured table: ratios against a named peer in one run, interleaved medians with their spread."""
