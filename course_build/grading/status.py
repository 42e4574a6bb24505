"""What became of a notebook that was handed in, in the words of the table."""

GRADED = "graded"
BLANK = "blank"  # nothing was written
IN_PART = "graded in part"  # some of it could not be run to its end
LOOK = "look at this"  # points, and not where they come from
UNREADABLE = "unreadable"
MISSING = "missing"
FAILED = "not graded"  # our failure

NEEDS_A_LOOK = (IN_PART, LOOK, UNREADABLE)
# Of several notebooks: what a teacher has to know first. Blank is a submission that is blank throughout.
WORST_FIRST = (UNREADABLE, LOOK, IN_PART, MISSING, GRADED, BLANK)
