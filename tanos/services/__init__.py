"""The programs that listen with the installed certificates, and what keeps them running."""
