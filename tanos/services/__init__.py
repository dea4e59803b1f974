"""The programs that listen with the installed certificates, and what they, and who asks after them, share."""
