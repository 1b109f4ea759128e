import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import * as i18n from "../../src/hubbub/web/js/i18n.js";
import { ALL_COMMANDS } from "../../src/hubbub/web/js/commands.js";

const root = new URL("../../src/hubbub/web/", import.meta.url);
const catalogue = async (name) => (await import(new URL(`lang/${name}.js`, root))).default;
const sources = ["js/", "js/views/", "js/admin/"].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(new URL(folder + name, root), "utf8")),
);
const placeholders = (text) => [...new Set((typeof text === "object" ? text.other : text).match(/\{\w+\}/g) || [])].sort().join();

test("every text the page asks for is in English", async () => {
  const en = { ...(await catalogue("en")), ...(await catalogue("more/en")) };
  const asked = sources.flatMap((source) => [...source.matchAll(/\b(?:t|parts)\(\s*"(\w+)"/g)].map(([, name]) => name));
  assert.ok(asked.length > 150);
  assert.deepEqual(
    asked.filter((name) => !(name in en)),
    [],
  );
  assert.deepEqual(
    ALL_COMMANDS.map(({ name }) => `command_${name}`).filter((name) => !(name in en)),
    [],
  );
});

for (const name of Object.keys(i18n.LANGUAGES)) {
  test(`${name} says of invitations and administration what English says`, async () => {
    const [en, other] = [await catalogue("more/en"), await catalogue(`more/${name}`)];
    assert.deepEqual(Object.keys(en).sort(), Object.keys(other).sort());
    for (const key in en) assert.equal(placeholders(other[key]), placeholders(en[key]), key);
  });

  test(`${name} says everything that English says, with the same blanks`, async () => {
    const [en, other] = [await catalogue("en"), await catalogue(name)];
    assert.deepEqual(
      Object.keys(en).filter((key) => !(key in other)),
      [],
    );
    assert.deepEqual(
      Object.keys(other).filter((key) => !(key in en)),
      [],
    );
    for (const key in en) assert.equal(placeholders(other[key]), placeholders(en[key]), key);
    const needed = new Intl.PluralRules(name).resolvedOptions().pluralCategories;
    for (const key in other)
      if (typeof other[key] === "object")
        assert.deepEqual(
          needed.filter((category) => !(category in other[key])),
          [],
          key,
        );
  });
}

test("plurals, blanks and nodes", async () => {
  await i18n.use("en");
  assert.equal(i18n.t("unreadCount", { n: 1 }), "1 new message");
  assert.equal(i18n.t("unreadCount", { n: 1200 }), "1,200 new messages");
  const node = { tag: "b" };
  assert.deepEqual(i18n.parts("event_join", { nick: node }), [node, " joined"]);
  assert.equal(i18n.t("no such text"), "no such text");
});

test("the browser's languages choose ours", () => {
  assert.equal(i18n.preferred(["de-DE", "ja-JP", "en"]), "ja");
  assert.equal(i18n.preferred(["de"]), "en");
  assert.equal(i18n.direction("ar"), "rtl");
});
