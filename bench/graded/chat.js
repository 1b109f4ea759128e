// A right server for the lessons in JavaScript: one thread, callbacks.
const net = require("net");

const LONGEST = 1000;
const MOST_WAITING = 100_000; // bytes
const people = new Map();

function post(person, line) {
  person.socket.write(line + "\n");
  if (person.socket.writableLength > MOST_WAITING) person.socket.destroy();
}

function tell(line, but) {
  for (const person of people.values()) if (person !== but) post(person, line);
}

function enter(person, name) {
  if (!/^[\p{L}\p{N}]{1,20}$/u.test(name) || people.has(name.toLowerCase())) {
    post(person, "* that name will not do");
    return;
  }
  post(person, ["* here:", ...[...people.values()].map((other) => other.name)].join(" "));
  person.name = name;
  people.set(name.toLowerCase(), person);
  tell(`* ${name} arrived`, person);
}

function leave(person) {
  if (people.delete(person.name?.toLowerCase())) tell(`* ${person.name} departed`, person);
  person.socket.end();
}

function hear(person, line) {
  const text = line.toString().replace(/\r$/, "").replace(/\p{Cc}/gu, "\ufffd");
  if (!person.name) enter(person, text);
  else if (text === "quit") leave(person);
  else tell(`${person.name}: ${text}`, person);
}

const door = net.createServer((socket) => {
  const person = { socket, unfinished: Buffer.alloc(0) };
  socket.on("error", () => {});
  socket.on("data", (data) => {
    let rest = Buffer.concat([person.unfinished, data]);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      if (at <= LONGEST && !socket.writableEnded) hear(person, rest.subarray(0, at));
      rest = rest.subarray(at + 1);
    }
    person.unfinished = rest;
    if (rest.length > LONGEST) socket.destroy();
  });
  socket.on("end", () => leave(person));
  socket.on("close", () => leave(person));
});
door.listen(Number(process.env.PORT), "127.0.0.1");
