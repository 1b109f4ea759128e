/** A small set of emoji by name, enough to find one quickly; the system's picker has the rest. */

const SET = `smile:😄 grin:😁 joy:😂 rofl:🤣 blush:😊 wink:😉 heart_eyes:😍 kiss:😘 thinking:🤔 neutral:😐 unamused:😒 sweat_smile:😅 cry:😢 sob:😭 angry:😠 scream:😱 sunglasses:😎 nerd:🤓 sleeping:😴 mask:😷 party:🥳 hug:🤗 shrug:🤷 facepalm:🤦 salute:🫡 melting:🫠 upside_down:🙃 rolling_eyes:🙄 zany:🤪 star_struck:🤩 pleading:🥺 innocent:😇 smirk:😏 yum:😋 dizzy:😵 exploding:🤯 skull:💀 ghost:👻 robot:🤖 alien:👽 poop:💩 clown:🤡
+1:👍 thumbsup:👍 -1:👎 thumbsdown:👎 ok:👌 clap:👏 wave:👋 pray:🙏 raised_hands:🙌 muscle:💪 point_up:☝️ point_right:👉 point_left:👈 crossed_fingers:🤞 handshake:🤝 writing:✍️ eyes:👀 brain:🧠
heart:❤️ orange_heart:🧡 yellow_heart:💛 green_heart:💚 blue_heart:💙 purple_heart:💜 black_heart:🖤 broken_heart:💔 sparkles:✨ star:⭐ fire:🔥 boom:💥 tada:🎉 confetti:🎊 balloon:🎈 gift:🎁 trophy:🏆 medal:🏅 crown:👑 gem:💎 hundred:💯 rocket:🚀 zap:⚡ rainbow:🌈 sun:☀️ cloud:☁️ rain:🌧️ snow:❄️ moon:🌙 earth:🌍
check:✅ cross:❌ warning:⚠️ question:❓ exclamation:❗ stop:🛑 no_entry:⛔ recycle:♻️ plus:➕ minus:➖ infinity:♾️ red_circle:🔴 green_circle:🟢 yellow_circle:🟡
coffee:☕ tea:🍵 beer:🍺 wine:🍷 pizza:🍕 burger:🍔 cake:🍰 cookie:🍪 apple:🍎 banana:🍌 avocado:🥑 bread:🍞 cheese:🧀 salad:🥗
dog:🐶 cat:🐱 fox:🦊 bear:🐻 panda:🐼 frog:🐸 monkey:🐵 chicken:🐔 penguin:🐧 bird:🐦 owl:🦉 fish:🐟 whale:🐳 octopus:🐙 snake:🐍 turtle:🐢 bee:🐝 bug:🐛 butterfly:🦋 unicorn:🦄 snail:🐌
tree:🌳 flower:🌸 rose:🌹 cactus:🌵 mushroom:🍄 clover:🍀
house:🏠 school:🏫 car:🚗 bike:🚲 train:🚆 plane:✈️ ship:🚢 phone:📱 computer:💻 keyboard:⌨️ camera:📷 bulb:💡 book:📖 books:📚 pencil:✏️ memo:📝 pin:📌 paperclip:📎 link:🔗 lock:🔒 key:🔑 hammer:🔨 wrench:🔧 gear:⚙️ package:📦 chart:📈 calendar:📅 clock:🕒 hourglass:⏳ bell:🔔 mega:📣 mail:📧 money:💰 music:🎵 guitar:🎸 game:🎮 dice:🎲 art:🎨 soccer:⚽ basketball:🏀 bug_report:🐞 construction:🚧 magnifier:🔍 flag:🏁 white_flag:🏳️`;

/** Name and emoji. @type {[string, string][]} */
const EMOJI = SET.split(/\s+/).map((pair) => [pair.slice(0, pair.lastIndexOf(":")), pair.slice(pair.lastIndexOf(":") + 1)]);
const BY_NAME = new Map(EMOJI);

export function allEmoji() {
  const seen = new Set();
  return EMOJI.filter(([, emoji]) => !seen.has(emoji) && seen.add(emoji));
}

/**
 * Names that begin with `start`, then names that contain it.
 * @param {string} start
 */
export function emojiMatching(start) {
  const begins = EMOJI.filter(([name]) => name.startsWith(start));
  const contains = EMOJI.filter(([name]) => !name.startsWith(start) && name.includes(start));
  return [...begins, ...contains];
}

/**
 * Replace `:tada:` by 🎉, except in code. Unknown names stay.
 * @param {string} text
 */
export function withEmoji(text) {
  return text
    .split(/(```[^]*?```|`[^`]*`)/)
    .map((part, i) => (i % 2 ? part : part.replace(/(?<![\w:]):([\w+-]+):(?!\w)/g, (all, name) => BY_NAME.get(name) ?? all)))
    .join("");
}
