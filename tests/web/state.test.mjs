import assert from "node:assert/strict";
import { test } from "node:test";

import { parse } from "../../src/hubbub/web/js/codec.js";
import { apply } from "../../src/hubbub/web/js/apply.js";
import { readHistory } from "../../src/hubbub/web/js/items.js";
import { canModerate, createState, find, markRead, rank } from "../../src/hubbub/web/js/state.js";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
let clock = 0;

/** A state after these lines; `{t}` is a time that grows. Returns what happened as well. */
function after(lines, state = fresh()) {
  const happened = [];
  for (const line of lines.trim().split("\n")) {
    clock += 1000;
    happened.push(...apply(state, parse(line.trim().replace("{t}", `time=${new Date(NOW + clock).toISOString()}`)), NOW + clock));
  }
  return { state, happened, types: happened.map(({ type }) => type) };
}

function fresh() {
  const state = createState();
  state.isupport = new Map([
    ["PREFIX", "(ov)@+"],
    ["CHANMODES", "b,k,l,imnst"],
    ["CHANTYPES", "#"],
  ]);
  state.me.nick = "me";
  return state;
}

const IN_TEA = `
  :me!u@h JOIN #tea * :Me
  :srv 353 me = #tea :@me +bob ann
  :srv 366 me #tea :End`;

test("joining a channel makes it mine, with its members and their roles", () => {
  const { state, types } = after(IN_TEA);
  const tea = find(state, "#TEA");
  assert.deepEqual([tea.joined, [...tea.members.values()].map(({ nick, modes }) => nick + modes)], [true, ["meo", "bobv", "ann"]]);
  assert.ok(canModerate(state, tea));
  assert.deepEqual(
    [...tea.members.values()].map((member) => rank(state, member)),
    [0, 1, 2],
  );
  assert.deepEqual(types, ["joined"]);
});

test("a message is unread, a mention counts, mine does not", () => {
  const { state } = after(`${IN_TEA}
    @{t};msgid=1 :ann!u@h PRIVMSG #tea :hello
    @{t};msgid=2 :ann!u@h PRIVMSG #tea :Me: are you there?
    @{t};msgid=3 :ann!u@h PRIVMSG #tea :someone else
    @{t};msgid=4 :me!u@h PRIVMSG #tea :yes`);
  const tea = find(state, "#tea");
  assert.deepEqual([tea.unread, tea.mentions, tea.live.items.filter((i) => i.kind === "message").length], [3, 1, 4]);
  markRead(tea, tea.live.last.time);
  assert.deepEqual([tea.unread, tea.mentions], [0, 0]);
});

test("the same message twice is there once", () => {
  const { state } = after(`${IN_TEA}
    @{t};msgid=1 :ann!u@h PRIVMSG #tea :hello
    @{t};msgid=1 :ann!u@h PRIVMSG #tea :hello`);
  assert.deepEqual([find(state, "#tea").live.items.filter((i) => i.id === "1").length, find(state, "#tea").unread], [1, 1]);
});

test("reactions come and go, edits and deletions change what they name", () => {
  const { state } = after(`${IN_TEA}
    @{t};msgid=1 :me!u@h PRIVMSG #tea :helo
    @{t};+reply=1;+draft/react=👍 :ann!u@h TAGMSG #tea
    @{t};+reply=1;+draft/react=👍 :bob!u@h TAGMSG #tea
    @{t};+reply=1;+draft/unreact=👍 :ann!u@h TAGMSG #tea
    @{t} :me!u@h EDIT #tea 1 :hello`);
  const item = find(state, "#tea").live.byId.get("1");
  assert.deepEqual([item.text, Boolean(item.edited), [...item.reactions.get("👍")]], ["hello", true, ["bob"]]);
  after("@{t} :bob!u@h REDACT #tea 1 :typo", state);
  assert.deepEqual(item.deleted, { by: "bob", reason: "typo" });
});

test("a page of history applies its reactions and shows its joins", () => {
  const { state } = after(IN_TEA);
  const lines = [
    "@msgid=1;{t} :ann!u@h PRIVMSG #tea :one",
    "@+reply=1;+draft/react=x;{t} :bob!u@h TAGMSG #tea",
    "@msgid=2;{t} :bob!u@h QUIT :bye",
    "@msgid=3;{t} :ann!u@h PRIVMSG #tea :\x01ACTION waves\x01",
  ];
  const items = readHistory(
    state,
    find(state, "#tea"),
    lines.map((line) => parse(line.replace("{t}", `time=${new Date(NOW).toISOString()}`))),
    NOW,
  );
  assert.deepEqual(
    items.map(({ kind, text }) => [kind, text]),
    [
      ["message", "one"],
      ["event", "bye"],
      ["action", "waves"],
    ],
  );
  assert.deepEqual([...items[0].reactions.keys()], ["x"]);
  assert.ok(find(state, "#tea").members.has("bob"), "history does not change who is here");
});

test("a new nick goes along everywhere", () => {
  const { state, types } = after(`${IN_TEA}
    @{t};msgid=1 :ann!u@h PRIVMSG me :psst
    :ann!u@h NICK anna
    :me!u@h NICK myself`);
  assert.deepEqual(
    [state.me.nick, find(state, "anna").live.items.length, find(state, "#tea").members.has("anna"), find(state, "ann")],
    ["myself", 2, true, undefined],
  );
  assert.ok(types.includes("renamed") && types.includes("nick"));
});

test("modes give and take roles and set the channel's rules", () => {
  const { state } = after(`${IN_TEA}
    :me!u@h MODE #tea +o-v+mk-b bob bob secret *!*@x
    :me!u@h MODE #tea -o+l me 5`);
  const tea = find(state, "#tea");
  assert.deepEqual(
    [tea.members.get("bob").modes, tea.members.get("me").modes, [...tea.modes]],
    [
      "o",
      "",
      [
        ["m", ""],
        ["k", "secret"],
        ["l", "5"],
      ],
    ],
  );
});

test("typing ends with the message, and away with the return", () => {
  const { state } = after(`${IN_TEA}
    @+typing=active :ann!u@h TAGMSG #tea
    :ann!u@h AWAY :lunch`);
  assert.deepEqual([[...find(state, "#tea").typing.keys()], state.users.get("ann").away], [["ann"], "lunch"]);
  after("@{t};msgid=9 :ann!u@h PRIVMSG #tea :there\n:ann!u@h AWAY", state);
  assert.deepEqual([[...find(state, "#tea").typing.keys()], state.users.get("ann").away], [[], null]);
});

test("being removed, refused and read elsewhere are told", () => {
  const { state, types } = after(`${IN_TEA}
    @{t};msgid=1 :ann!u@h PRIVMSG #tea :one
    :srv MARKREAD #tea timestamp=2027-01-01T00:00:00.000Z
    :bob!u@h KICK #tea me :out
    :srv 404 me #tea :Cannot send to channel
    :srv FAIL REDACT REDACT_FORBIDDEN #tea 1 :No`);
  assert.deepEqual([find(state, "#tea").joined, find(state, "#tea").unread], [false, 0]);
  assert.deepEqual(types.slice(-4), ["read", "kicked", "error", "error"]);
});

test("whom I ignore says nothing to me", () => {
  const state = fresh();
  state.ignored.add("bob");
  after(`${IN_TEA}\n@{t};msgid=1 :Bob!u@h PRIVMSG #tea :hey me`, state);
  assert.equal(find(state, "#tea").unread, 0);
});

test("any numeric with too few parameters does no harm", () => {
  const state = fresh();
  after(IN_TEA, state);
  for (let n = 1; n < 1000; n++) {
    for (const params of ["", " me", " me #tea", " me #tea x"]) apply(state, parse(`:srv ${String(n).padStart(3, "0")}${params}`), NOW);
    state.isupport ||= new Map();
  }
});

test("any command with any parameters does no harm", () => {
  for (const command of [
    "JOIN",
    "PART",
    "KICK",
    "QUIT",
    "NICK",
    "TOPIC",
    "MODE",
    "RENAME",
    "INVITE",
    "AWAY",
    "ACCOUNT",
    "SETNAME",
    "CHGHOST",
    "MARKREAD",
    "METADATA",
    "FAIL",
    "WARN",
    "NOTE",
    "TAGMSG",
    "REDACT",
    "EDIT",
    "PRIVMSG",
    "NOTICE",
  ]) {
    for (const params of ["", " #tea", " #tea x", " #tea x y :z", " me", " * :", " :"]) {
      for (const source of ["", ":x ", ":me!u@h ", ":srv.example "]) {
        const state = fresh();
        after(IN_TEA, state);
        assert.doesNotThrow(() => apply(state, parse(`${source}${command}${params}`), NOW), `${source}${command}${params}`);
      }
    }
  }
});

test("a list of channels begins anew where the server does not say that it begins", () => {
  const state = fresh();
  const list = ":srv 322 me #tea 3 :leaves\n:srv 323 me :End";
  after(list, state);
  after(list, state);
  assert.deepEqual(
    state.channels.map(({ name }) => name),
    ["#tea"],
  );
  assert.equal(state.listing, false);
});

test("what was said to the operators alone can be changed too", () => {
  const state = fresh();
  after(`${IN_TEA}\n@{t};msgid=1 :ann!u@h PRIVMSG @#tea :psst\n:ann!u@h EDIT @#tea 1 :pssst\n@+draft/reply=1;+draft/react=x :bob!u@h TAGMSG @#tea`, state);
  const item = find(state, "#tea").live.byId.get("1");
  assert.equal(item.text, "pssst");
  assert.deepEqual([...item.reactions.keys()], ["x"]);
});

test("who has quit is not remembered for ever", () => {
  const state = fresh();
  after(IN_TEA, state);
  for (let n = 0; n < 50; n++) after(`:p${n}!u@h JOIN #tea\n:p${n}!u@h QUIT :bye`, state);
  after(":pic!u@h JOIN #tea\n:srv 761 me pic avatar * :/files/x\n:pic!u@h QUIT :bye\n:pal!u@h PRIVMSG me :hi\n:pal!u@h QUIT :bye", state);
  assert.deepEqual(
    [...state.users.keys()].filter((nick) => /^p/.test(nick)),
    ["pic"],
  );
  after(":ann!u@h JOIN #tea\n:ann!u@h PRIVMSG me :hi\n:ann!u@h QUIT :bye", state);
  assert.ok(state.users.has("ann"));
});
