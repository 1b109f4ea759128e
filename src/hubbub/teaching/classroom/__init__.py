"""A class: who is at which step of which lesson, for the teacher in front of it.

    lab of a learner --(reporting.py)--> web.py --> roster.py --> the teacher's page

Each learner's lab reports a name that they chose, a lesson, a step, what they predicted, and how
many checks passed; never a program, a text or an address. All of it is in memory, and gone at the
end.
"""
