BEGIN TRANSACTION;
CREATE TABLE conversation (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO "conversation" VALUES(1,'#infusion');
INSERT INTO "conversation" VALUES(2,'ann bob');
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,
  kind     TEXT NOT NULL,         -- the class in events.py
  body     TEXT NOT NULL,         -- its fields, JSON
  sum      INTEGER NOT NULL
);
INSERT INTO "event" VALUES(1,1700000001000,'ServerStarted','{"version": "0.1.0", "always_on": "opt-in"}',2110690831);
INSERT INTO "event" VALUES(2,1700000002000,'SecretMade','{"secret": "0123456789abcdef"}',817569200);
INSERT INTO "event" VALUES(3,1700000003000,'UserConnected','{"user": 3, "session": 1, "nick": "ann", "username": "~ann", "host": "host.example", "realname": "Ann", "address": "192.0.2.1:40000", "secure": true, "account": null}',509433336);
INSERT INTO "event" VALUES(4,1700000004000,'UserConnected','{"user": 4, "session": 2, "nick": "bob", "username": "~bob", "host": "host.example", "realname": "Bob", "address": "192.0.2.2:40000", "secure": false, "account": null}',3627710181);
INSERT INTO "event" VALUES(5,1700000005000,'AccountRegistered','{"account": "Ann", "password": "hash-of-ann", "scram": "scram-of-ann", "email": "ann@example.org", "code": null, "address": "", "certificate": null}',1651844172);
INSERT INTO "event" VALUES(6,1700000006000,'LoggedIn','{"user": 3, "source": "ann!~ann@host.example", "account": "Ann"}',1608844581);
INSERT INTO "event" VALUES(7,1700000007000,'AccountRegistered','{"account": "Gone", "password": null, "scram": null, "email": null, "code": null, "address": "", "certificate": null}',2875940892);
INSERT INTO "event" VALUES(8,1700000008000,'PasswordChanged','{"account": "Gone", "password": null, "scram": null}',1487078288);
INSERT INTO "event" VALUES(9,1700000009000,'AccountSettingChanged','{"account": "Gone", "name": "email", "value": null}',760329559);
INSERT INTO "event" VALUES(10,1700000010000,'CertificateAdded','{"account": "Gone", "fingerprint": "gone-10"}',752566961);
INSERT INTO "event" VALUES(13,1700000013000,'AccountDeleted','{"account": "Gone", "by": "chief", "freed": false}',3480405597);
INSERT INTO "event" VALUES(14,1700000014000,'Joined','{"user": 3, "source": "ann!~ann@host.example", "channel": "#tea", "modes": "o", "account": "Ann", "realname": "Ann"}',2829544369);
INSERT INTO "event" VALUES(15,1700000015000,'Joined','{"user": 4, "source": "bob!~bob@host.example", "channel": "#tea", "modes": "", "account": null, "realname": ""}',383328401);
INSERT INTO "event" VALUES(16,1700000016000,'ChannelRegistered','{"channel": "#tea", "founder": "Ann"}',4145656981);
INSERT INTO "event" VALUES(17,1700000017000,'TopicChanged','{"user": 3, "source": "ann!~ann@host.example", "channel": "#tea", "topic": "All about tea 🍵"}',3839396434);
INSERT INTO "event" VALUES(21,1700000021000,'MessageEdited','{"user": 3, "source": "ann!~ann@host.example", "account": "Ann", "target": "#tea", "recipient": null, "conversation": "#tea", "message": 18, "text": ""}',304424606);
INSERT INTO "event" VALUES(22,1700000022000,'Reacted','{"user": 4, "source": "bob!~bob@host.example", "account": null, "target": "#tea", "recipient": null, "conversation": "#tea", "message": 18, "reaction": "👍", "tags": []}',2574610762);
INSERT INTO "event" VALUES(23,1700000023000,'Reacted','{"user": 4, "source": "bob!~bob@host.example", "account": null, "target": "#tea", "recipient": null, "conversation": "#tea", "message": 18, "reaction": "👎", "tags": []}',1332836291);
INSERT INTO "event" VALUES(24,1700000024000,'Unreacted','{"user": 4, "source": "bob!~bob@host.example", "account": null, "target": "#tea", "recipient": null, "conversation": "#tea", "message": 18, "reaction": "👎", "tags": []}',2655904100);
INSERT INTO "event" VALUES(26,1700000026000,'MessageRedacted','{"user": 4, "source": "bob!~bob@host.example", "account": null, "target": "#tea", "recipient": null, "conversation": "#tea", "message": 25, "reason": "oops"}',1888594997);
INSERT INTO "event" VALUES(27,1700000027000,'ReadMarkerMoved','{"account": "ann", "conversation": "#tea", "target": "#tea", "time": 1700000019000, "user": 0}',2295731177);
INSERT INTO "event" VALUES(28,1700000028000,'NickChanged','{"user": 4, "source": "bob!~bob@host.example", "nick": "bobby", "channels": ["#tea"]}',2968381100);
INSERT INTO "event" VALUES(29,1700000029000,'ChannelRenamed','{"user": 3, "source": "ann!~ann@host.example", "old": "#tea", "channel": "#infusion", "reason": "finer"}',2036267834);
INSERT INTO "event" VALUES(31,1700000031000,'Parted','{"user": 4, "source": "bob!~bob@host.example", "channel": "#infusion", "reason": "later"}',3729448270);
INSERT INTO "event" VALUES(32,1700000032000,'UserQuit','{"user": 4, "source": "bob!~bob@host.example", "reason": "bye", "channels": []}',2860529143);
CREATE TABLE event_of (
  conversation TEXT NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (conversation, position)
) WITHOUT ROWID;
INSERT INTO "event_of" VALUES('#infusion',14);
INSERT INTO "event_of" VALUES('#infusion',15);
INSERT INTO "event_of" VALUES('#infusion',17);
INSERT INTO "event_of" VALUES('#infusion',22);
INSERT INTO "event_of" VALUES('#infusion',23);
INSERT INTO "event_of" VALUES('#infusion',24);
INSERT INTO "event_of" VALUES('#infusion',26);
INSERT INTO "event_of" VALUES('#infusion',28);
INSERT INTO "event_of" VALUES('#infusion',29);
INSERT INTO "event_of" VALUES('#infusion',31);
INSERT INTO "event_of" VALUES('=ann',5);
CREATE TABLE imported (
  key      BLOB PRIMARY KEY,
  position INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;
CREATE TABLE label (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,
  label    TEXT NOT NULL
);
INSERT INTO "label" VALUES(18,1700000018000,'first');
CREATE TABLE marker (
  account      TEXT NOT NULL,
  conversation TEXT NOT NULL,
  position     INTEGER NOT NULL,
  PRIMARY KEY (account, conversation)
) WITHOUT ROWID;
INSERT INTO "marker" VALUES('ann','#infusion',27);
CREATE TABLE message (
  position INTEGER PRIMARY KEY,
  time     INTEGER NOT NULL,      -- ms since 1970
  route    INTEGER NOT NULL,
  text     TEXT NOT NULL,
  sum      INTEGER NOT NULL,      -- of the row, see rows.py: a flipped bit does not pass
  tags     TEXT,                  -- JSON pairs
  edited   INTEGER                -- ms since 1970 of the last edit
);
INSERT INTO "message" VALUES(18,1700000018000,1,'hello, edited',3884653647,NULL,1700000021000);
INSERT INTO "message" VALUES(19,1700000019000,2,'an answer
of two lines',2688735447,'[["+draft/reply", "8000000012-x"]]',NULL);
INSERT INTO "message" VALUES(20,1700000020000,3,'between us',1949896827,NULL,NULL);
INSERT INTO "message" VALUES(30,1700000030000,4,'مرحبا',2685228811,NULL,NULL);
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
INSERT INTO "meta" VALUES('id','d53c95');
CREATE TABLE reaction (
  message  INTEGER NOT NULL,
  person   TEXT NOT NULL,         -- the account, or the folded nick
  reaction TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (message, person, reaction)
) WITHOUT ROWID;
INSERT INTO "reaction" VALUES(18,'bob','👍',22);
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
INSERT INTO "route" VALUES(1,1,3,'ann!~ann@host.example','Ann','PRIVMSG','#tea',NULL,630623174);
INSERT INTO "route" VALUES(2,1,3,'bob!~bob@host.example',NULL,'PRIVMSG','#tea',NULL,704186149);
INSERT INTO "route" VALUES(3,2,3,'bob!~bob@host.example',NULL,'PRIVMSG','ann',4,2262657052);
INSERT INTO "route" VALUES(4,1,3,'ann!~ann@host.example','Ann','PRIVMSG','#infusion',NULL,2706293297);
CREATE INDEX route_of ON route (conversation);
CREATE VIEW said AS
  SELECT position, datetime(time / 1000, 'unixepoch') AS time, conversation.name AS conversation,
         substr(source, 1, instr(source, '!') - 1) AS nick, text
  FROM message
  JOIN route ON route.id = message.route
  JOIN conversation ON conversation.id = route.conversation;
CREATE INDEX conversation_with ON conversation (substr(name, instr(name, ' ') + 1))
  WHERE instr(name, ' ') > 0;
COMMIT;
PRAGMA user_version = 3;
-- It says:
-- [1, 1700000001000, "ServerStarted", "{\"version\": \"0.1.0\", \"always_on\": \"opt-in\"}"]
-- [2, 1700000002000, "SecretMade", "{\"secret\": \"0123456789abcdef\"}"]
-- [3, 1700000003000, "UserConnected", "{\"user\": 3, \"session\": 1, \"nick\": \"ann\", \"username\": \"~ann\", \"host\": \"host.example\", \"realname\": \"Ann\", \"address\": \"192.0.2.1:40000\", \"secure\": true, \"account\": null}"]
-- [4, 1700000004000, "UserConnected", "{\"user\": 4, \"session\": 2, \"nick\": \"bob\", \"username\": \"~bob\", \"host\": \"host.example\", \"realname\": \"Bob\", \"address\": \"192.0.2.2:40000\", \"secure\": false, \"account\": null}"]
-- [5, 1700000005000, "AccountRegistered", "{\"account\": \"Ann\", \"password\": \"hash-of-ann\", \"scram\": \"scram-of-ann\", \"email\": \"ann@example.org\", \"code\": null, \"address\": \"\", \"certificate\": null}"]
-- [6, 1700000006000, "LoggedIn", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"account\": \"Ann\"}"]
-- [7, 1700000007000, "AccountRegistered", "{\"account\": \"Gone\", \"password\": null, \"scram\": null, \"email\": null, \"code\": null, \"address\": \"\", \"certificate\": null}"]
-- [8, 1700000008000, "PasswordChanged", "{\"account\": \"Gone\", \"password\": null, \"scram\": null}"]
-- [9, 1700000009000, "AccountSettingChanged", "{\"account\": \"Gone\", \"name\": \"email\", \"value\": null}"]
-- [10, 1700000010000, "CertificateAdded", "{\"account\": \"Gone\", \"fingerprint\": \"gone-10\"}"]
-- [13, 1700000013000, "AccountDeleted", "{\"account\": \"Gone\", \"by\": \"chief\", \"freed\": false}"]
-- [14, 1700000014000, "Joined", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"channel\": \"#tea\", \"modes\": \"o\", \"account\": \"Ann\", \"realname\": \"Ann\"}"]
-- [15, 1700000015000, "Joined", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"channel\": \"#tea\", \"modes\": \"\", \"account\": null, \"realname\": \"\"}"]
-- [16, 1700000016000, "ChannelRegistered", "{\"channel\": \"#tea\", \"founder\": \"Ann\"}"]
-- [17, 1700000017000, "TopicChanged", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"channel\": \"#tea\", \"topic\": \"All about tea \ud83c\udf75\"}"]
-- [18, 1700000018000, "MessageSent", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"account\": \"Ann\", \"command\": \"PRIVMSG\", \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#infusion\", \"text\": \"hello, edited\", \"tags\": [], \"edited\": 1700000021000, \"label\": null}"]
-- [19, 1700000019000, "MessageSent", "{\"user\": 3, \"source\": \"bob!~bob@host.example\", \"account\": null, \"command\": \"PRIVMSG\", \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#infusion\", \"text\": \"an answer\\nof two lines\", \"tags\": [[\"+draft/reply\", \"8000000012-x\"]], \"edited\": 0, \"label\": null}"]
-- [20, 1700000020000, "MessageSent", "{\"user\": 3, \"source\": \"bob!~bob@host.example\", \"account\": null, \"command\": \"PRIVMSG\", \"target\": \"ann\", \"recipient\": 4, \"conversation\": \"ann bob\", \"text\": \"between us\", \"tags\": [], \"edited\": 0, \"label\": null}"]
-- [21, 1700000021000, "MessageEdited", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"account\": \"Ann\", \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#tea\", \"message\": 18, \"text\": \"\"}"]
-- [22, 1700000022000, "Reacted", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"account\": null, \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#tea\", \"message\": 18, \"reaction\": \"\ud83d\udc4d\", \"tags\": []}"]
-- [23, 1700000023000, "Reacted", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"account\": null, \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#tea\", \"message\": 18, \"reaction\": \"\ud83d\udc4e\", \"tags\": []}"]
-- [24, 1700000024000, "Unreacted", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"account\": null, \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#tea\", \"message\": 18, \"reaction\": \"\ud83d\udc4e\", \"tags\": []}"]
-- [26, 1700000026000, "MessageRedacted", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"account\": null, \"target\": \"#tea\", \"recipient\": null, \"conversation\": \"#tea\", \"message\": 25, \"reason\": \"oops\"}"]
-- [27, 1700000027000, "ReadMarkerMoved", "{\"account\": \"ann\", \"conversation\": \"#tea\", \"target\": \"#tea\", \"time\": 1700000019000, \"user\": 0}"]
-- [28, 1700000028000, "NickChanged", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"nick\": \"bobby\", \"channels\": [\"#tea\"]}"]
-- [29, 1700000029000, "ChannelRenamed", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"old\": \"#tea\", \"channel\": \"#infusion\", \"reason\": \"finer\"}"]
-- [30, 1700000030000, "MessageSent", "{\"user\": 3, \"source\": \"ann!~ann@host.example\", \"account\": \"Ann\", \"command\": \"PRIVMSG\", \"target\": \"#infusion\", \"recipient\": null, \"conversation\": \"#infusion\", \"text\": \"\u0645\u0631\u062d\u0628\u0627\", \"tags\": [], \"edited\": 0, \"label\": null}"]
-- [31, 1700000031000, "Parted", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"channel\": \"#infusion\", \"reason\": \"later\"}"]
-- [32, 1700000032000, "UserQuit", "{\"user\": 4, \"source\": \"bob!~bob@host.example\", \"reason\": \"bye\", \"channels\": []}"]
