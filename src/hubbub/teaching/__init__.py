"""For people who learn to write a server: tools that look at a program of theirs from outside.

Nothing here is part of a running Hubbub, and everything runs on the standard library.

    kernel, usage -> program -> grader

`program` runs the program of a learner, in any language; `kernel` and `usage` observe it from
outside; `grader` tests it.
"""
