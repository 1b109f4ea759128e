/** Nicks for people who have not chosen one: friendly, easy to say, and free most of the time. */

const FIRST =
  "Amber Brave Bright Calm Clever Coral Dapper Eager Early Fair Fleet Gentle Glad Golden Happy Hazel Honest Indigo Jolly Keen Kind Lively Lucky Lunar Mellow Merry Misty Noble Olive Plucky Proud Quick Quiet Rapid Rosy Ruby Sage Silver Smart Snowy Solar Spry Still Sunny Swift Tidy Vivid Warm Wise Witty Zesty".split(
    " ",
  );
const SECOND =
  "Badger Bear Beaver Bison Crane Crow Deer Dove Duck Eagle Falcon Finch Fox Frog Gecko Goose Hare Hawk Heron Ibis Jay Kiwi Koala Lark Lemur Lion Lynx Magpie Marten Mole Moose Newt Otter Owl Panda Puffin Quail Raven Robin Seal Stork Swan Swift Tapir Tern Tiger Toad Trout Vole Whale Wolf Wren Yak Zebra".split(
    " ",
  );

function pick(list) {
  return list[crypto.getRandomValues(new Uint32Array(1))[0] % list.length];
}

/** About 27,000 in all; a digit keeps two guests of one day apart. */
export function freshNick() {
  return pick(FIRST) + pick(SECOND) + pick("23456789".split(""));
}

/** `nick` with a number behind, for one that is taken. */
export function variant(nick, attempt) {
  const end = String(attempt + 1);
  return nick.slice(0, 20 - end.length) + end;
}
