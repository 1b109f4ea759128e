/**
 * The shapes of what goes from one part of the page to another, for readers and for tsc. Nothing
 * imports this file when the page runs.
 */

// ---- classes, so that one line names all that a file speaks of ----

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./views/composer.js").Composer} Composer */
/** @typedef {import("./views/scroller.js").Scroller} Scroller */
/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {import("./upload.js").Uploads} Uploads */
/** @typedef {import("./filehost.js").ReceivedFiles} ReceivedFiles */

// ---- the wire ---------------------------------------------------------------------------------

/** @typedef {Record<string, string>} Tags */
/** @typedef {{ nick: string, user: string, host: string }} Source */

/**
 * A line of IRC. `answered`: it is the answer to a question, and who asked was told.
 * @typedef {{ tags: Tags, source: Source | null, command: string, params: string[], answered?: boolean }} Message
 */

/**
 * A line to send.
 * @typedef {{ command: string, params?: string[], tags?: Tags, source?: Source | null }} Outgoing
 */

/**
 * A batch as it is collected: messages, and batches inside it.
 * @typedef {{ type: string, params: string[], tags: Tags, source: Source | null, entries: Entry[], command?: undefined }} Batch
 */
/** @typedef {Message & { type?: undefined, entries?: undefined } | Batch} Entry */

/**
 * What the connection says of itself. `phase` is offline, connecting, registering, online or waiting.
 * @typedef {{
 *   phase: string, attempt: number, retryAt: number, rtt: number | null, rtts: number[], reason: string,
 *   needs: string, signInFailed?: string, uninvited?: string,
 * }} Status
 */

/** How signing in ended. @typedef {{ ok: boolean, reason: string }} SignIn */
/** A question that waits for its answer: null when none comes. @typedef {{ settle(answer: Message[] | null): void, matches: ((messages: Message[], entry: Entry) => unknown) | null }} Question */

// ---- the state --------------------------------------------------------------------------------

/**
 * A line of a conversation. `kind` is message, action, notice, event or info; `rev` grows with each change.
 * @typedef {{
 *   id: string, key: string, rev: number, time: number, nick: string, account: string | null, kind: string,
 *   mine: boolean, mention: boolean, text: string, replyTo: string, reactions: Map<string, Set<string>> | null,
 *   edited: number, deleted: { by: string, reason: string } | null, bot: boolean,
 *   label?: string, event?: string, folds?: boolean, whom?: string,
 * }} Item
 */

/** @typedef {{ nick: string, modes: string }} Member */
/** @typedef {{ mask: string, by: string }} Listed */

/**
 * A conversation. `kind` is channel, private or server. Times are milliseconds since 1970.
 * @typedef {{
 *   key: string, name: string, kind: "channel" | "private" | "server", joined: boolean, closed?: boolean, pinned?: boolean,
 *   topic: string, topicBy: string, topicAt: number, modes: Map<string, string>, lists: Map<string, Listed[]>,
 *   members: Map<string, Member>, arriving?: Map<string, Member> | null, meta?: Map<string, string>,
 *   live: Timeline, past: Timeline | null, loaded: boolean, loading: string, error: string,
 *   unread: number, mentions: number, marker: number | null, markedOnServer?: number, unreadAfter: number | null,
 *   typing: Map<string, number>, typingSent?: { state: string, at: number },
 * }} Buffer
 */

/**
 * Somebody, as far as we were told.
 * @typedef {{
 *   nick: string, account: string | null, away: string | null, realname: string, host: string, bot: boolean, meta: Map<string, string>,
 * }} User
 */

/**
 * What is true now.
 * @typedef {{
 *   me: { nick: string, account: string | null, away: boolean, operator?: boolean },
 *   fold: (name: string) => string, isupport: Map<string, string>, buffers: Map<string, Buffer>, users: Map<string, User>,
 *   network: string, motd: string[], channels: { name: string, members: number, topic: string }[], listing: boolean,
 *   reading: string | null, keywords: string[], ignored: Set<string>, found: Map<string, Item>, serial: number, faces: number,
 * }} State
 */

/**
 * What `apply` says has happened.
 * @typedef {{ type: "said", buffer: Buffer, item: Item } | { type: "reacted" | "amended", buffer: Buffer, item: Item }
 *   | { type: "joined", buffer: Buffer } | { type: "left", buffer: Buffer } | { type: "read", buffer: Buffer }
 *   | { type: "typing", buffer: Buffer }
 *   | { type: "kicked", buffer: Buffer, by: string, text: string }
 *   | { type: "renamed", buffer: Buffer, from: string }
 *   | { type: "nick", nick: string }
 *   | { type: "invited", channel: string, by: string }
 *   | { type: "error", buffer: Buffer | null, text: string, subject?: string, answered?: boolean, command?: string, code?: string }
 *   | { type: "introduced" }
 *   | { type: "handed", text: string } | { type: "notice", text: string }} Happened
 */
/** @typedef {(state: State, message: Message, now: number, out: Happened[]) => void} Handler */
/** @template {Happened["type"]} T @typedef {Extract<Happened, { type: T }>} HappenedOf */
/** @typedef {(app: App, happened: Happened) => unknown} Reaction */
/** @typedef {Partial<User> & { flags?: string }} Seen */

// ---- what this browser keeps --------------------------------------------------------------------

/**
 * @typedef {{
 *   theme: string, language: string, events: string, announce: string, typing: boolean, notify: boolean, push: boolean,
 *   sound: boolean, quiet: boolean, quietFrom: string, quietTo: string, density: string, keywords: string,
 * }} Preferences
 */
/** @typedef {Pick<Preferences, "quiet" | "quietFrom" | "quietTo">} QuietHours */
/** @typedef {{ account: string, password: string }} Login */
/** @typedef {{ word: string, key: string }} Invite */

/** @typedef {{ key: string, nick: string }} Guest */
/**
 * What a connection says of us when it begins.
 * @typedef {{ nick: string, realname: string, account?: string, password?: string, away: string, invite: Invite | null, guest?: Guest, serverPassword?: string }} Introduction
 */

/** What this page needs of a Storage. @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Area */

/**
 * A store of values by name (storage.js). Its values were written by this page, another version of it
 * perhaps: whoever reads says what it should be.
 * @typedef {{
 *   get(name: "login"): Login | null,
 *   get(name: "invite"): Invite | null,
 *   get(name: "guest"): Guest | null,
 *   get(name: "settings", fallback: object): Partial<Preferences>,
 *   get(name: "drafts" | "levels" | "markers", fallback: object): object,
 *   get(name: "channels" | "ignored" | "reactions", fallback: string[]): string[],
 *   get(name: "nick" | "away" | "serverPassword", fallback: string): string,
 *   get(name: "tab" | "nick" | "seen"): string | null,
 *   get(name: string): { alive: number, entries: Queued[] } | null,
 *   set(name: string, value: unknown): void, remove(name: string): void, names(): string[],
 * }} Store
 */

/**
 * What is typed, for the queue; and a message on its way (queue.js).
 * @typedef {{ label: string, target: string, text: string, tags?: Tags, notice?: boolean }} Said
 * @typedef {Said & { tags: Tags, at: number, state: string, reason: string }} Queued
 */

// ---- the page -----------------------------------------------------------------------------------

/** @typedef {{ asked?: boolean }} Asked */
/** @typedef {{ error?: string }} Complaint */
/**
 * The facts of each dialog, by its name: what it is opened with, and what it keeps while it is open.
 * @typedef {{
 *   about: Asked & { buffer: string },
 *   account: Complaint & { mode: "login" | "register", uninvited?: string, required?: boolean, busy?: boolean },
 *   admin: AdminFacts, away: {}, channels: Asked & { filter?: string },
 *   confirm: { title: string, text: string, action: string, run: () => unknown, gentle?: boolean },
 *   connection: {}, copy: { text: string },
 *   device: Complaint & { link?: string, busy?: boolean, timer?: number, drawn?: string, qr?: QrPicture | null },
 *   devices: Asked & Complaint & { devices?: Told[], busy?: boolean },
 *   goto: { time?: number }, help: {},
 *   invite: Asked & Complaint & { invites?: Told[], inviteOnly?: string, chosen?: string | null, drawn?: string, qr?: QrPicture | null },
 *   kick: { nick: string, ban: boolean }, motd: {}, nick: {}, own: Asked & Complaint, picture: { file: SharedFile },
 *   profile: { nick: string, facts: Whois | null, gone?: boolean }, report: { target: string, message?: Item },
 *   serverPassword: { wrong: boolean }, settings: {}, switcher: Asked & { people?: boolean, text?: string, at?: number },
 * }} DialogFacts
 */
/**
 * The administrator's page. `rows` are those of the tab `loaded`, `overview` and `samples` what its first tab shows.
 * @typedef {Complaint & {
 *   claim?: string, claiming?: boolean, tab?: string, loaded?: string, loading?: string, filter?: string, said?: string, timer?: number,
 *   overview?: Told | null, rows?: Told[] | null, samples?: Told[], form?: Form | null,
 * }} AdminFacts
 */
/** @typedef {keyof DialogFacts} DialogName */
/** @template {DialogName} N @typedef {{ name: N } & DialogFacts[N]} DialogOf */
/** The dialog that is open. @typedef {{ [N in DialogName]: DialogOf<N> }[DialogName]} Dialog */
/** The facts of a dialog, which may be left out if it needs none. @template {DialogName} N @typedef {{} extends DialogFacts[N] ? [facts?: DialogFacts[N]] : [facts: DialogFacts[N]]} FactsOf */
/** @typedef {{ size: number, path: string }} QrPicture */
/** What /api/ told, as JSON: any, since each part of the page knows what it asked for. @typedef {Record<string, any>} Told */
/**
 * An order of an administrator (admin/tables.js): `words` says it of a row, `when` whether the row offers it.
 * @typedef {{
 *   order: string, fields: string[], required?: string[], danger?: boolean, words?(row: Told): Told, when?(row: Told): boolean,
 * }} Order
 */
/** @typedef {{ action: Order, words: Told }} Form */
/** @typedef {{ title: string, body: Child, wide?: boolean }} Drawn */
/** @typedef {false | "" | 0 | null | undefined} Nothing */
/** @template {DialogName} N @typedef {(app: App, open: DialogOf<N>) => Drawn | null} DialogView */

/**
 * A slash command (commands.js).
 * @typedef {{
 *   name: string, usage: string, aliases?: string[], needs?: string, run(app: App, buffer: Buffer, text: string): unknown,
 * }} Command
 */

/**
 * What WHOIS said.
 * @typedef {{
 *   other: string[], host?: string, realname?: string, channels?: string[], account?: string, idle?: number, since?: number,
 *   away?: string, secure?: boolean,
 * }} Whois
 */

/** @typedef {{ label?: string, icon?: string, run?: () => unknown, checked?: boolean, danger?: boolean, separator?: boolean }} MenuItem */
/** @typedef {{ emoji?: [string[], string[][]], pick?: (emoji: string) => unknown, title?: string }} MenuFacts */
/**
 * @typedef {MenuFacts & {
 *   anchor: HTMLElement, box: { left: number, top: number, right: number, bottom: number }, items: MenuItem[], key: string | null,
 * }} Menu
 */
/** Where to scroll to: a message, the first from a time on, the first unread. @typedef {{ id?: string, time?: number, unread?: boolean }} Goal */
/** @typedef {{ key: string, text: string, action: { label: string, run: () => unknown } | null, kind: string }} Toast */

/**
 * A node of a view, see dom.js: an element (`tag`), a text (#text), or a way to draw one when something has changed (#memo).
 * @typedef {{
 *   tag: string, text: string, props: Props<any>, key?: string | number, children: Node[], element: any,
 *   deps?: unknown[], draw?: () => Node, fresh?: boolean,
 * }} Node
 */
/** @typedef {Node | string | number | boolean | null | undefined | Child[]} Child */

/** The element that a tag makes. @template {string} T @typedef {T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T] : T extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[T] : HTMLElement} ElementOf */
/** @template {Event} V @template E @typedef {V & { currentTarget: E, target: HTMLElement }} On */
/** An event of a field, which is its target. @template E @typedef {Event & { currentTarget: E, target: E }} Typed */
/** @typedef {On<MouseEvent, HTMLElement>} Pointed */

/**
 * What an element of a kind gets.
 * @template {Element} [E=HTMLElement]
 * @typedef {{
 *   key?: string | number, class?: string, style?: Record<string, string | number>,
 *   ref?(element: E): unknown, unmount?(element: E): unknown,
 *   onclick?(event: On<MouseEvent, E>): unknown, oncontextmenu?(event: On<MouseEvent, E>): unknown, onmousedown?(event: On<MouseEvent, E>): unknown,
 *   onscroll?(event: On<Event, E>): unknown, onkeydown?(event: On<KeyboardEvent, E>): unknown,
 *   onfocus?(event: Typed<E>): unknown, oninput?(event: Typed<E>): unknown, onchange?(event: Typed<E>): unknown,
 *   onsubmit?(event: SubmitEvent & { target: FieldsForm }): unknown, onpaste?(event: ClipboardEvent): unknown,
 *   [name: string]: unknown,
 * }} Props
 */

/**
 * A row of a conversation, as timeline.js makes them of items; `lead`: with the author's name above.
 * @typedef {{ type: "day", key: string, time: number }} DayRow
 * @typedef {{ type: "events", key: string, items: Item[] }} EventsRow
 * @typedef {{ type: "message" | "event" | "info", key: string, item: Item, lead?: boolean }} MessageRow
 * @typedef {MessageRow | DayRow | { type: "unread", key: string } | EventsRow} Row
 */

/** @typedef {{ from?: number, to?: number, unreadAfter?: number | null, showEvents?: string }} RowOptions */

/** The fields of a form by their names. @typedef {Record<string, HTMLInputElement>} Fields */
/** @typedef {HTMLFormElement & { elements: Fields }} FieldsForm */
/**
 * What later.js makes of a module that is fetched on its first use.
 * @template M
 * @typedef {{ now: M | null, fetch(): Promise<M>, use(act: (module: M) => unknown, otherwise?: () => unknown): void }} Part
 */
/** What completion offers for the text from `from` to `to` of the box. @typedef {{ items: { label: string, insert: string, nick?: string, hint?: string }[], at: number, from: number, to: number }} Choices */
/** A conversation that the switcher offers. @typedef {{ name: string, person?: boolean, hint?: string, count?: number }} Choice */
/** A text of a catalogue: one, or one per plural category. @typedef {string | { other: string, [category: string]: string }} Words */
/** What fills the blanks of a text. @typedef {Record<string, Child>} Blanks */

/** Sets a square of a QR code. @typedef {(x: number, y: number, value: unknown) => void} SetModule */

// ---- files --------------------------------------------------------------------------------------

/**
 * A file on this server, as a link tells of it (files.js).
 * @typedef {{ id: string, name: string, href: string, kind: string, path: string, small: string, width: number, height: number }} SharedFile
 */

/** How text.js knows the names in a text. @typedef {{ isNick: (word: string) => boolean, channelTypes: string }} TextContext */
/** How text.js finds a mark. @typedef {{ type: "code" | "link" | "strong" | "em" | "s", pattern: RegExp, raw?: boolean }} Rule */
/** Text as a tree (text.js). @typedef {string | Formatted} Piece */
/**
 * @typedef {{ type: "link", href: string, children: Piece[] } | { type: "channel" | "nick", name: string, children: Piece[] }
 *   | { type: "colour", fg: number, bg: number | null, children: Piece[] } | { type: "pre", language: string, children: Piece[] }
 *   | { type: "strong" | "em" | "u" | "s" | "code" | "quote", children: Piece[] }} Formatted
 */

/**
 * A file on its way to the server (upload.js).
 * @typedef {{
 *   key: string, buffer: Buffer, file: File | null, name: string, size: number, type: string, sent: number, state: string,
 *   reason: string, again: boolean, preview: string | null, link?: string, request?: XMLHttpRequest | null,
 * }} Upload
 */
/** @typedef {{ key: string, buffer: Buffer, text: string, replyTo: Item | undefined, uploads: Upload[] }} Waiting */

// ---- search -------------------------------------------------------------------------------------

/** @typedef {{ text?: string, from?: string, in?: string, has: string[], after?: number, before?: number, odd?: string[] }} Query */
/** @typedef {{ item: Item, channel: string }} Hit */
/**
 * A search and what it has found. `here` is the conversation that it stays in, `oldest` the msgid before which the next
 * page begins, `wanted` the words to mark.
 * @typedef {{
 *   text: string, here: string, query: Query, results: Hit[], more: boolean, oldest: string, busy: Promise<void> | null,
 *   problem: string, partial: boolean, opened: Item | null, scroll: number, wanted: RegExp | null,
 * }} Finding
 */

export {};
