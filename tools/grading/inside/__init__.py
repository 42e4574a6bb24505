"""What runs inside the sandbox. It imports nothing of the rest of `tools`, which is not there."""
