-- The log, as SQLite keeps it. One order: `position` runs through both tables.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- What people said, as it reads now: an edit changes the row, a redaction deletes it.
-- No index but the position, so that appending stays appending.
CREATE TABLE message (
  position     INTEGER PRIMARY KEY,
  time         INTEGER NOT NULL,  -- ms since 1970
  conversation TEXT NOT NULL,     -- the folded channel, or both folded nicks
  user         INTEGER NOT NULL,
  source       TEXT NOT NULL,     -- nick!username@host
  account      TEXT,
  command      TEXT NOT NULL,     -- PRIVMSG or NOTICE
  target       TEXT NOT NULL,
  recipient    INTEGER,
  text         TEXT NOT NULL,
  tags         TEXT,              -- JSON pairs
  edited       INTEGER            -- ms since 1970 of the last edit
);

-- Where the messages of one conversation are; built behind, in groups, see sqlite.py.
CREATE TABLE message_of (
  conversation TEXT NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (conversation, position)
) WITHOUT ROWID;

-- The private conversations of each person; built behind as well.
CREATE TABLE private (
  person       TEXT NOT NULL,     -- a folded nick
  conversation TEXT NOT NULL,
  PRIMARY KEY (person, conversation)
) WITHOUT ROWID;

-- Everything else that happened.
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,
  kind     TEXT NOT NULL,         -- the class in events.py
  body     TEXT NOT NULL          -- its fields, JSON
);

-- In the history of which conversations an event stands.
CREATE TABLE event_of (
  conversation TEXT NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (conversation, position)
) WITHOUT ROWID;

-- The reactions that stand; `position` is where the event is.
CREATE TABLE reaction (
  message  INTEGER NOT NULL,
  person   TEXT NOT NULL,         -- the account, or the folded nick
  reaction TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (message, person, reaction)
) WITHOUT ROWID;

-- Where the last ReadMarkerMoved of each account and conversation is; the ones before are deleted.
CREATE TABLE marker (
  account      TEXT NOT NULL,
  conversation TEXT NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (account, conversation)
) WITHOUT ROWID;
