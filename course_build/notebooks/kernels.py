"""The kernels that notebooks ask for."""

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# No machine has it. Source notebooks name it, nbgrader's gradebook remembers it, and its autograde gives it to each
# submission: so nothing but our sandbox runs what a student wrote.
NO_KERNEL = {"display_name": "Python 3 (graded in the sandbox)", "language": "python", "name": "graded-in-the-sandbox"}
