// The Lounge in public mode and one browser of it, as seen through its socket.io.
//
// stdin: one JSON array a line, an event for The Lounge and what it carries. stdout: the same the
// other way round, and "ready", and "log" for every line that The Lounge prints. Arguments: where
// the packages are, and a directory for its settings. It ends when stdin does.

"use strict";

const { spawn } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const [place, home] = process.argv.slice(2);
const { io } = createRequire(place + "/")("socket.io-client");

function tell(name, event) {
    process.stdout.write(JSON.stringify([name, event ?? {}]) + "\n");
}

// It asks for its newest version on the internet; a test does not let it.
const offline = join(home, "offline.cjs");
writeFileSync(offline, `
    const dns = require("node:dns");
    const { lookup } = dns;
    dns.lookup = (host, ...rest) => host === "127.0.0.1"
        ? lookup(host, ...rest) : rest.at(-1)(new Error("no internet in a test"));
`);
writeFileSync(join(home, "config.js"), `module.exports = {
    public: true, host: "127.0.0.1", port: 0, messageStorage: [],
};`);
const program = join(place, "node_modules", "thelounge", "index.js");
const lounge = spawn(process.execPath, ["--require", offline, program, "start"], {
    env: { ...process.env, THELOUNGE_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
});
lounge.on("exit", (code) => {
    tell("ended", { code });
    process.exit(0);
});

createInterface({ input: lounge.stdout }).on("line", (line) => {
    const plain = line.replace(/\x1b\[\d+m/g, "");
    tell("log", { line: plain });
    const found = /Available at (http:\S+)/.exec(plain);
    if (found) browse(found[1]);
});

function browse(url) {
    const socket = io(url, { transports: ["websocket"], reconnection: false });
    socket.onAny(tell);
    socket.on("init", () => tell("ready"));
    createInterface({ input: process.stdin })
        .on("line", (line) => socket.emit(...JSON.parse(line)))
        .on("close", () => {
            socket.close();
            lounge.kill("SIGTERM");
        });
}
