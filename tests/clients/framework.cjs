// irc-framework, told what to do by a test.
//
// stdin: one JSON array a line, the method of the client and its arguments. stdout: one JSON array a
// line, what happened: ["event name", event]. Arguments: where the packages are, the options of
// connect(), and over what: "tcp", "text", "binary" (the subprotocols of IRCv3 WebSocket) or "plain"
// (a WebSocket that names none).

"use strict";

const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");
const [place, settings, over] = process.argv.slice(2);
const load = createRequire(place + "/");
const { Client } = load("irc-framework");
const WebSocketTransport = load("irc-framework/src/transports/websocket");

// The library takes text frames alone; with bytes it does the same behind these few lines.
class BinaryTransport extends WebSocketTransport {
    connect() {
        super.connect();
        this.socket.binaryType = "arraybuffer";
    }

    onSocketMessage(data) {
        if (typeof data === "string") throw new Error("a text frame in the binary subprotocol");
        super.onSocketMessage(new TextDecoder("utf-8", { fatal: true }).decode(data));
    }

    writeLine(line, done) {
        super.writeLine(new TextEncoder().encode(line), done);
    }
}

function transport() {
    if (over === "tcp") return {};
    global.WebSocket = load("ws");
    if (over === "text") return { transport: WebSocketTransport };
    if (over === "plain") return { transport: WebSocketTransport, websocket_protocol: "" };
    return { transport: BinaryTransport, websocket_protocol: "binary.ircv3.net" };
}

function tell(name, event) {
    const plain = (key, value) => (typeof value === "function" ? undefined : value);
    process.stdout.write(JSON.stringify([name, event ?? {}], plain) + "\n");
}

const client = new Client({ ...JSON.parse(settings), ...transport() });
client.requestCap(["draft/chathistory", "draft/event-playback", "standard-replies"]);
client.use((_, raw, parsed) => {
    parsed.use((name, event, of, next) => {
        tell(name, event);
        next();
    });
});
client.on("socket close", (error) => tell("socket close", { error: String(error || "") }));
client.on("reconnecting", () => tell("reconnecting"));
if (over !== "tcp") {
    client.on("raw socket connected", () => {});
    client.on("socket connected", () =>
        tell("websocket", { protocol: client.connection.transport.socket.protocol }));
}
process.on("uncaughtException", (error) => tell("exception", { error: String(error.stack) }));
createInterface({ input: process.stdin }).on("line", (line) => {
    const [method, ...words] = JSON.parse(line);
    client[method](...words);
});
client.on("close", () => process.exit(0));
client.connect();
