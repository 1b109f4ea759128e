/**
 * Renders nodes to the DOM. No other file creates or changes elements.
 *
 * A view is a function that returns nodes made with `h`. `render` compares them with the previous ones
 * and changes only what differs. Text becomes text nodes and nothing is parsed as HTML, so no text of
 * a user can become markup. Control characters, which a nick or a topic may contain, are shown as
 * symbols.
 *
 *   render(document.body, h("p", { class: "hello" }, "Hello, ", nick));
 */

/** @import { Child, ElementOf, Node, Props } from "./types.js" */

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "hidden"]);

/**
 * A node: `h("button", { class, onclick, key, ref, ... }, children...)`.
 * @type {<T extends string>(tag: T, props: Props<ElementOf<T>> | null, ...children: Child[]) => Node}
 */
export function h(tag, props, ...children) {
  return { tag, text: "", props: props || {}, key: props?.key, children: nodes(children), element: null };
}

/**
 * A node that is drawn again only if one of `deps` has changed. It needs a key.
 * @type {(key: string | number, deps: unknown[], draw: () => Node) => Node}
 */
export function memo(key, deps, draw) {
  return { tag: "#memo", text: "", props: {}, key, children: [], element: null, deps, draw };
}

/**
 * @param {string} text
 * @returns {Node}
 */
function textNode(text) {
  return { tag: "#text", text, props: {}, children: [], element: null };
}

/**
 * Add a style sheet or the manifest to the page. Resolves when the style sheet applies.
 * @param {string} rel
 * @param {string} href
 * @returns {Promise<unknown>}
 */
export function addLink(rel, href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel, href, onload: resolve, onerror: () => reject(link.remove()) });
    document.head.append(link);
  });
}

/**
 * The element that an event happened to; null for the document.
 * @param {Event} event
 */
export function targetOf({ target }) {
  return target instanceof Element ? target : null;
}

/**
 * The element that `selector` finds. Throws if there is none.
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} type
 */
export function need(selector, type) {
  const found = document.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`no ${selector}`);
}

/**
 * Replace the children of `parent` by `children`.
 * @param {HTMLElement} parent
 * @param {...Child} children
 */
export function render(parent, ...children) {
  parent.rendered = patchChildren(parent, parent.rendered || [], nodes(children), false);
}

/** @type {(children: Child[]) => Node[]} */
function nodes(children) {
  /** @type {Node[]} */
  const list = [];
  for (const child of /** @type {unknown[]} */ (children).flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true) continue;
    list.push(typeof child === "object" ? /** @type {Node} */ (child) : textNode(harmless(String(child))));
  }
  return list;
}

/** @param {string} text */
function harmless(text) {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (c) => (c < " " ? String.fromCodePoint(0x2400 + c.charCodeAt(0)) : "\ufffd"));
}

/** @type {(parent: HTMLElement, before: Node[], after: Node[], svg: boolean) => Node[]} */
function patchChildren(parent, before, after, svg) {
  /** @type {Map<string | number, Node>} */
  const keyed = new Map();
  /** @type {Node[]} */
  const unkeyed = [];
  for (const node of before) {
    if (node.key === undefined) unkeyed.push(node);
    else keyed.set(node.key, node);
  }
  let next = 0;
  const kept = new Set();
  const result = after.map((node) => {
    let old;
    if (node.key !== undefined) old = keyed.get(node.key);
    else if (unkeyed[next]?.tag === node.tag) old = unkeyed[next++];
    if (old && kept.has(old)) old = undefined; // draw both nodes with the same key
    if (node.draw) {
      if (old?.deps && node.deps && same(old.deps, node.deps)) {
        kept.add(old);
        return old;
      }
      const drawn = node.draw();
      drawn.key = node.key;
      drawn.deps = node.deps;
      node = drawn;
    }
    if (old && old.tag === node.tag) {
      kept.add(old);
      patch(old, node, svg);
    } else {
      create(node, svg);
    }
    return node;
  });
  for (const node of before) {
    if (!kept.has(node)) remove(node);
  }
  let place = parent.firstChild;
  for (const node of result) {
    if (place && node.element === place) place = place.nextSibling;
    else parent.insertBefore(node.element, place);
  }
  for (const node of result) mounted(node);
  return result;
}

/** @type {(node: Node, svg: boolean) => void} */
function create(node, svg) {
  if (node.tag === "#text") {
    node.element = document.createTextNode(node.text);
    return;
  }
  svg = svg || node.tag === "svg";
  node.element = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  // Children first: a <select> can take its value only after its options exist.
  node.children = patchChildren(node.element, [], node.children, svg);
  for (const name in node.props) setProperty(node.element, name, node.props[name], undefined);
  node.fresh = true;
}

/** @type {(old: Node, node: Node, svg: boolean) => void} */
function patch(old, node, svg) {
  node.element = old.element;
  if (node.tag === "#text") {
    if (old.text !== node.text) node.element.data = node.text;
    return;
  }
  node.children = patchChildren(node.element, old.children, node.children, svg || node.tag === "svg");
  for (const name in old.props) {
    if (!(name in node.props)) setProperty(node.element, name, null, old.props[name]);
  }
  for (const name in node.props) {
    if (node.props[name] !== old.props[name]) {
      setProperty(node.element, name, node.props[name], old.props[name]);
    }
  }
}

/** @param {Node} node */
function remove(node) {
  removed(node);
  node.element.remove();
}

/** @param {Node} node */
function removed(node) {
  node.props.unmount?.(node.element);
  for (const child of node.children) removed(child);
}

/** @param {Node} node */
function mounted(node) {
  if (!node.fresh || !node.element.isConnected) return;
  node.fresh = false;
  for (const child of node.children) mounted(child);
  node.props.ref?.(node.element);
}

/** @type {(element: any, name: string, value: any, before: any) => void} */
function setProperty(element, name, value, before) {
  if (name === "key" || name === "ref" || name === "unmount") return;
  if (name.startsWith("on")) {
    // The CSP allows no strings here. The result of the function must not cancel the event.
    element[name] = value ? /** @type {(event: Event) => void} */ ((event) => void value(event)) : null;
  } else if (name === "style") {
    for (const key in before || {}) if (!value || !(key in value)) element.style.removeProperty(key);
    for (const key in value || {}) if (value[key] !== before?.[key]) element.style.setProperty(key, value[key]);
  } else if (PROPERTIES.has(name)) {
    if (element[name] !== value) element[name] = value ?? "";
  } else if (name.startsWith("aria-") && value !== null && value !== undefined) {
    element.setAttribute(name, harmless(String(value)));
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : harmless(String(value)));
  }
}

/** @type {(a: unknown[], b: unknown[]) => boolean} */
function same(a, b) {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
