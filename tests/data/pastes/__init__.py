"""Pastes as terminals, mails and word processors mangle them."""
