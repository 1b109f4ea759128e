-- chat-index.db: what makes reading chat.db fast. All of it is made from chat.db, behind the writer,
-- by the index thread (index.py); without this file nothing is lost, it is made again.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- Where the messages of one conversation are.
CREATE TABLE message_of (
  conversation INTEGER NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (conversation, position)
) WITHOUT ROWID;

-- How many messages each conversation had when they were placed.
CREATE TABLE size (
  conversation INTEGER PRIMARY KEY,
  messages     INTEGER NOT NULL
);

-- Words, see text_index.py. The part `id` is the FTS5 table words_<id>: its rows are the messages
-- from position `first` to `last`.
CREATE TABLE part (
  id       INTEGER PRIMARY KEY,
  first    INTEGER NOT NULL,
  last     INTEGER NOT NULL,
  messages INTEGER NOT NULL
);

-- Messages that say something else than their part has, since the event at position `event`.
CREATE TABLE changed (
  position INTEGER PRIMARY KEY,
  event    INTEGER NOT NULL
);

-- The network at one position, see model/replay.py.
CREATE TABLE summary (
  format   TEXT PRIMARY KEY,      -- the version of the program that reads it
  position INTEGER NOT NULL,
  body     BLOB NOT NULL,
  sum      INTEGER NOT NULL
);
