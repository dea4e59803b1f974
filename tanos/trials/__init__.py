"""Confirm or revert: a change that can keep people out goes back by itself unless a new sign-in confirms it."""
