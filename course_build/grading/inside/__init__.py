"""What runs inside the sandbox. It imports nothing of the rest of `course_build`, which is not there."""
