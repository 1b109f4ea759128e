// What tsc is to assume of the page, beyond what the DOM's own declarations say.

// All elements are HTML's or drawn with SVG inside them, and selectors name HTML's.
interface ParentNode {
  querySelector<T extends keyof HTMLElementTagNameMap>(tag: T): HTMLElementTagNameMap[T] | null;
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}

interface Element {
  closest(selector: string): HTMLElement | null;
}

// dom.js keeps what it has drawn with the element that holds it.
interface HTMLElement {
  rendered?: import("../../src/hubbub/web/js/types.js").Node[];
}

// For the curious, and for tests.
declare var hubbub: import("../../src/hubbub/web/js/app.js").App;

// Chromium has it.
declare var trustedTypes: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } } | undefined;
