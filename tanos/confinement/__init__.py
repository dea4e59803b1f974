"""What a process can no longer do once it has said what it needs: Landlock, seccomp, resource limits."""
