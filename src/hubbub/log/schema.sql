-- chat.db: the log, as SQLite keeps it. One order: `position` runs through messages and events.
-- Everything here is the truth; what can be made again from it is in chat-index.db (index.sql).
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- The folded channel, or both folded nicks.
CREATE TABLE conversation (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- What many messages have in common: who says it, to whom. Made when it is first needed.
CREATE TABLE route (
  id           INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  user         INTEGER NOT NULL,
  source       TEXT NOT NULL,     -- nick!username@host
  account      TEXT,
  command      TEXT NOT NULL,     -- PRIVMSG or NOTICE
  target       TEXT NOT NULL,
  recipient    INTEGER,
  sum          INTEGER NOT NULL
);
CREATE INDEX route_of ON route (conversation);

-- What people said, as it reads now: an edit changes the row, a redaction deletes it.
-- Five short columns and no index but the position, so that appending stays appending.
CREATE TABLE message (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,      -- ms since 1970
  route    INTEGER NOT NULL,
  text     TEXT NOT NULL,
  sum      INTEGER NOT NULL,      -- of the row, see rows.py: a flipped bit does not pass
  tags     TEXT,                  -- JSON pairs
  edited   INTEGER                -- ms since 1970 of the last edit
);

-- Messages of the last minutes that their senders may send again (handlers/messages/dedup.py).
CREATE TABLE label (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,
  label    TEXT NOT NULL
);

-- Everything else that happened.
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,
  kind     TEXT NOT NULL,         -- the class in events.py
  body     TEXT NOT NULL,         -- its fields, JSON
  sum      INTEGER NOT NULL
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

-- Messages that came from elsewhere, by what they were known as there (a hash); also those that were
-- taken back since, so that they do not come again.
CREATE TABLE imported (
  key      BLOB PRIMARY KEY,
  position INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;

-- For people who look: what was said, in words.  SELECT * FROM said WHERE conversation = '#lobby'
CREATE VIEW said AS
  SELECT position, datetime(time / 1000, 'unixepoch') AS time, conversation.name AS conversation,
         substr(source, 1, instr(source, '!') - 1) AS nick, text
  FROM message
  JOIN route ON route.id = message.route
  JOIN conversation ON conversation.id = route.conversation;

-- The private conversations of the second of two people; those of the first are found by the name.
-- Behind everything else, so that an older file that got it says the same.
CREATE INDEX conversation_with ON conversation (substr(name, instr(name, ' ') + 1))
  WHERE instr(name, ' ') > 0;
