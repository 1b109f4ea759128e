"""The chat itself: bytes go in, letters come out. No sockets, no threads, no clock.

A letter is (person, line): the line that this person is to be sent. How bytes arrive and how
letters are carried is the business of an engine; three of them are beside this file.
"""

import unicodedata

LONGEST_LINE = 1000  # bytes; a person who sends a longer line is disconnected
MOST_WAITING = 500  # letters; a person for whom more are waiting does not read, and is disconnected


class Person:
    """Somebody at the other end of a connection."""

    def __init__(self, room):
        self.room = room
        self.name = None  # until the first line
        self.unfinished = b""  # what came after the last line end
        self.leaving = False  # the engine closes the connection when it sees this

    def hears(self, data):
        """Take bytes that arrived from this person; return the letters that follow from them."""
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        letters = []
        for line in lines:
            if not self.leaving:
                letters += self.says(line[:-1] if line.endswith(b"\r") else line)
        if len(self.unfinished) > LONGEST_LINE and not self.leaving:
            letters += self.is_refused("that line is too long")
        return letters

    def says(self, line):
        """Take one whole line."""
        if len(line) > LONGEST_LINE:
            return self.is_refused("that line is too long")
        text = readable(line)
        if self.name is None:
            return self.room.enters(self, text.strip())
        if text == "quit":
            self.leaving = True
            return []
        return self.room.tells(f"{self.name}: {text}", but=self)

    def is_refused(self, why):
        self.leaving = True
        return [(self, f"* {why}")]


class Room:
    """Who is here, and who is told what."""

    def __init__(self):
        self.people = []

    def tells(self, text, but=None):
        return [(person, text) for person in self.people if person is not but]

    def enters(self, person, name):
        if not name.isalnum() or len(name) > 20:
            return [(person, "* a name is 1 to 20 letters or digits; choose another")]
        if any(name.casefold() == other.name.casefold() for other in self.people):
            return [(person, f"* {name} is taken; choose another")]
        here = " ".join(other.name for other in self.people)
        person.name = name
        self.people.append(person)
        return [(person, f"* here: {here}"), *self.tells(f"* {name} came", but=person)]

    def leaves(self, person):
        if person not in self.people:
            return []
        self.people.remove(person)
        return self.tells(f"* {person.name} went")


def readable(line):
    """The text of a line, with a mark in place of bad UTF-8 and of what a terminal would obey."""
    text = line.decode("utf-8", "replace")
    return "".join("\N{REPLACEMENT CHARACTER}" if is_control(char) else char for char in text)


def is_control(char):
    return unicodedata.category(char) == "Cc"
