/**
 * Starts the page. Read on in this order: codec.js, connection.js, state.js, apply.js, app.js,
 * then what you like of views/.
 */

import { App } from "./app.js";
import { addLink, need, render } from "./dom.js";
import * as i18n from "./i18n.js";
import { fetchAll, withEach } from "./later.js";
import { browserStorage } from "./storage.js";
import { shell } from "./views/shell.js";

const QUIET = 5_000;

withEach(() => Promise.all([i18n.more(), addLink("stylesheet", "/later.css")]));
const { local, tab } = browserStorage();
const root = need("#app", HTMLElement);

async function begin() {
  const wanted = local.get("settings", {}).language;
  await i18n.use(wanted || i18n.preferred(navigator.languages || ["en"])).catch(() => i18n.use("en"));
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  const app = new App({ local, tab, url, draw });
  root.classList.remove("starting");
  app.start();
  setTimeout(prepare, QUIET);
  globalThis.hubbub = app; // for tests, and for curious people
}

/** Load what may be opened later, after the start of this visit. */
function prepare() {
  fetchAll();
  addLink("manifest", "/manifest.webmanifest").catch(() => {});
  if (globalThis.isSecureContext && navigator.serviceWorker) registerWorker();
}

/** @param {App} app */
function draw(app) {
  const theme = { light: "light", dark: "dark" }[app.settings.values.theme] || "system";
  dress({ "data-theme": theme, "data-density": app.settings.values.density, lang: i18n.locale(), dir: i18n.direction() });
  render(root, shell(app));
  app.scroller?.update();
  app.composer?.update();
  const title = app.notifier.title();
  if (document.title !== title) document.title = title;
}

/**
 * Set what changed: setting an equal value would make the browser compute the style of the whole page.
 * @param {Record<string, string>} attributes
 */
function dress(attributes) {
  const page = document.documentElement;
  for (const name in attributes) if (page.getAttribute(name) !== attributes[name]) page.setAttribute(name, attributes[name]);
}

function registerWorker() {
  const policy = globalThis.trustedTypes?.createPolicy("hubbub", { createScriptURL: (url) => url });
  navigator.serviceWorker.register(policy ? policy.createScriptURL("/sw.js") : "/sw.js").catch(() => {});
}

begin();
