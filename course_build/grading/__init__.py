"""Grading a class without believing its code: what comes out of a sandbox is numbers, and points are decided outside.

In the order of a submission's way: `submissions` finds and reads what came in, `assignment` what was asked, and `plan`
merges the two into cells to run; `sandbox` isolates a process, `session` keeps one there within limits, and
`inside` is what runs there; `grade` asks for numbers and judges them, `gradebook` tells nbgrader, and `classroom` does
it for everybody.
"""
