import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";

import { refusal } from "../../src/hubbub/web/js/answers.js";
import { Connection } from "../../src/hubbub/web/js/connection.js";

globalThis.crypto ??= webcrypto; // Node.js 18 has it only as a module

class Socket {
  constructor(url, protocols) {
    Object.assign(this, { url, protocols, protocol: protocols[0], readyState: 0, sent: [] });
    Socket.last = this;
  }
  send(line) {
    this.sent.push(line);
  }
  close() {
    this.readyState = 3;
    queueMicrotask(() => this.onclose());
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  say(...lines) {
    lines.forEach((data) => this.onmessage({ data }));
  }
  lose() {
    this.readyState = 3;
    this.onclose();
  }
  take() {
    return this.sent.splice(0);
  }
}

function connect({ identity = {}, caps = "batch labeled-response echo-message message-tags" } = {}) {
  const messages = [];
  const statuses = [];
  const connection = new Connection({
    url: "ws://test/",
    Socket,
    identity: () => ({ nick: "ann", realname: "Ann", ...identity }),
    nextNick: (nick) => `${nick}_`,
    onMessage: (message) => messages.push(message),
    onStatus: ({ phase }) => statuses.push(phase),
  });
  connection.start();
  const socket = Socket.last;
  socket.open();
  socket.say(`:srv CAP * LS :${caps}`);
  return {
    connection,
    socket,
    messages,
    statuses,
    done: () => {
      connection.stop();
      clearInterval(connection.pingTimer);
      clearTimeout(connection.pongTimer);
    },
  };
}

function welcome(socket) {
  for (const line of socket.take().filter((each) => each.startsWith("CAP REQ"))) socket.say(`:srv CAP * ACK :${line.slice(9)}`);
  socket.say(":srv 001 ann :Welcome");
}

test("registers with what the server offers and no more", () => {
  const { socket, done, connection } = connect({ caps: "batch unknown/thing sts=port=1 draft/multiline=max-bytes=9,max-lines=2" });
  const sent = socket.take();
  assert.deepEqual(sent.slice(0, 3), ["CAP LS 302", "NICK ann", "USER web 0 * Ann"]);
  assert.deepEqual(sent.slice(3), ["CAP REQ :batch draft/multiline"]);
  socket.say(":srv CAP * ACK :batch draft/multiline");
  assert.deepEqual(socket.take(), ["CAP END"]);
  assert.equal(connection.capValue("draft/multiline").get("max-lines"), "2");
  done();
});

test("a taken nick is varied until one is free", async () => {
  const { socket, done } = connect({ caps: "" });
  socket.take();
  socket.say(":srv 433 * ann :in use");
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(socket.take(), ["NICK ann_"]);
  done();
});

test("signs in before the registration ends", () => {
  const { socket, done } = connect({ identity: { account: "ann", password: "pw" }, caps: "sasl=PLAIN" });
  socket.say(":srv CAP * ACK :sasl");
  socket.take();
  socket.say("AUTHENTICATE +", ":srv 900 ann ann!u@h ann :in", ":srv 903 ann :ok");
  assert.deepEqual(socket.take(), [`AUTHENTICATE ${btoa("\0ann\0pw")}`, "CAP END"]);
  done();
});

test("an answer goes to who asked; others hear the message too", async () => {
  const { socket, connection, messages, done } = connect();
  welcome(socket);
  socket.take();
  const asked = connection.ask({ command: "PRIVMSG", params: ["#a", "hi"] }, { label: "L1" });
  assert.deepEqual(socket.take(), ["@label=L1 PRIVMSG #a hi"]);
  socket.say("@label=L1;msgid=7 :ann!u@h PRIVMSG #a hi");
  const [echo] = await asked;
  assert.equal(echo.tags.msgid, "7");
  assert.equal(messages.at(-1), echo);
  done();
});

test("history answers one question and nobody else", async () => {
  const { socket, connection, messages, done } = connect();
  welcome(socket);
  const before = messages.length;
  const asked = connection.ask({ command: "CHATHISTORY", params: ["LATEST", "#a", "*", "2"] }, { label: "L2" });
  socket.say(
    "@label=L2 :srv BATCH +1 chathistory #a",
    "@batch=1;msgid=1 :b!u@h PRIVMSG #a one",
    "@batch=1;msgid=9 :b!u@h BATCH +2 draft/multiline #a",
    "@batch=2 :b!u@h PRIVMSG #a :two",
    "@batch=2 :b!u@h PRIVMSG #a :three ",
    "@batch=2;draft/multiline-concat :b!u@h PRIVMSG #a four",
    ":srv BATCH -2",
    ":srv BATCH -1",
  );
  assert.deepEqual(
    (await asked).map(({ params, tags }) => [params[1], tags.msgid]),
    [
      ["one", "1"],
      ["two\nthree four", "9"],
    ],
  );
  assert.equal(messages.length, before);
  done();
});

test("without labels the first answer that fits is the answer", async () => {
  const { socket, connection, done } = connect({ caps: "batch" });
  welcome(socket);
  const asked = connection.ask({ command: "CHATHISTORY", params: [] }, { matches: (messages, entry) => entry.type === "chathistory" });
  socket.say(":srv NOTICE ann :hello", ":srv BATCH +1 chathistory #a", "@batch=1 :b!u@h PRIVMSG #a one", ":srv BATCH -1");
  assert.equal((await asked)[0].params[1], "one");
  assert.deepEqual(await connection.ask({ command: "PRIVMSG", params: ["#a", "x"] }), []);
  done();
});

test("a loss ends the questions and begins anew", async () => {
  const { socket, connection, statuses, done } = connect();
  welcome(socket);
  const asked = connection.ask({ command: "WHOIS", params: ["bob"] });
  socket.lose();
  assert.equal(await asked, null);
  assert.equal(statuses.at(-1), "waiting");
  connection.hurry();
  assert.notEqual(Socket.last, socket);
  done();
});

test("PING is answered, with the right token, in any phase", () => {
  const { socket, done } = connect();
  socket.take();
  socket.say("PING :a b");
  assert.deepEqual(socket.take(), ["PONG :a b"]);
  done();
});

test("ISUPPORT adds and takes away; new capabilities are asked for", () => {
  const { socket, connection, done } = connect();
  welcome(socket);
  socket.say(":srv 005 ann NETWORK=A\\x20B WHOX EXCEPTS :are supported", ":srv 005 ann -EXCEPTS :are supported", ":srv CAP ann NEW :draft/read-marker other");
  assert.deepEqual([connection.isupport.get("NETWORK"), connection.isupport.has("EXCEPTS"), socket.take().at(-1)], ["A B", false, "CAP REQ draft/read-marker"]);
  socket.say(":srv CAP ann ACK :draft/read-marker", ":srv CAP ann DEL :draft/read-marker");
  assert.ok(!connection.caps.has("draft/read-marker"));
  done();
});

test("a refusal is told apart from an answer", () => {
  assert.deepEqual(refusal([{ command: "FAIL", params: ["X", "CODE", "ctx", "words"] }]), { code: "CODE", text: "words" });
  assert.deepEqual(refusal([{ command: "404", params: ["me", "#a", "no"] }]), { code: "404", text: "no" });
  assert.equal(refusal([{ command: "PRIVMSG", params: [] }]), null);
  assert.equal(refusal(null), null);
});

test("who signs in while the connection breaks hears of it", async () => {
  const { socket, connection, done } = connect({ caps: "sasl" });
  welcome(socket);
  const answer = connection.negotiation.signIn("ann", "pw");
  socket.lose();
  assert.deepEqual(await answer, { ok: false, reason: "" });
  done();
  clearTimeout(connection.retryTimer);
});

test("whatever comes shows that the connection is alive, silence does not", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { socket, connection, done } = connect();
  welcome(socket);
  connection.ping();
  for (let i = 0; i < 5; i++) {
    t.mock.timers.tick(10_000);
    socket.say(":srv PING :srv"); // the server holds our own PING back
  }
  assert.equal(connection.status.phase, "online");
  t.mock.timers.tick(12_000);
  assert.equal(connection.status.phase, "waiting");
  done();
});

test("a question without a time limit ends with the connection", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { socket, connection, done } = connect();
  welcome(socket);
  let answer;
  const asked = connection.ask({ command: "PRIVMSG", params: ["#a", "x"] }, { within: 0 }).then((given) => (answer = given));
  for (let i = 0; i < 20; i++) {
    t.mock.timers.tick(10_000);
    socket.say(":srv PING :srv");
  }
  await Promise.resolve();
  assert.equal(answer, undefined);
  socket.lose();
  await asked;
  assert.equal(answer, null);
  done();
});
