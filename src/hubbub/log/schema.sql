-- The log, as SQLite keeps it. One order: `position` runs through both tables.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- What people said. No index but the position, so that appending stays appending.
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
  tags         TEXT               -- JSON pairs
);

-- Where the messages of one conversation are; built behind, in groups, see sqlite.py.
CREATE TABLE message_of (
  conversation TEXT NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (conversation, position)
) WITHOUT ROWID;

-- Everything else that happened.
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,
  kind     TEXT NOT NULL,         -- the class in events.py
  body     TEXT NOT NULL          -- its fields, JSON
);
