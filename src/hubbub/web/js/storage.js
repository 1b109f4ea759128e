/**
 * Stores values by name, as JSON, in `localStorage` (or in memory if that is forbidden or full).
 * `tab` is the same for one tab only; it survives a reload.
 */

/** @import { Area } from "./types.js" */

const PREFIX = "hubbub.";

/** @param {Area} area */
export function storage(area) {
  const memory = new Map();
  return {
    /**
     * @param {string} name
     * @param {unknown} [fallback]
     */
    get(name, fallback = null) {
      try {
        const text = memory.get(name) ?? area.getItem(PREFIX + name);
        return text === null || text === undefined ? fallback : JSON.parse(text);
      } catch {
        return fallback;
      }
    },

    /**
     * @param {string} name
     * @param {unknown} value
     */
    set(name, value) {
      const text = JSON.stringify(value);
      memory.delete(name);
      try {
        area.setItem(PREFIX + name, text);
      } catch {
        memory.set(name, text);
      }
    },

    /** @param {string} name */
    remove(name) {
      memory.delete(name);
      try {
        area.removeItem(PREFIX + name);
      } catch {
        // storage is forbidden: the value was in memory only
      }
    },
    names() {
      try {
        return Object.keys(area)
          .filter((key) => key.startsWith(PREFIX))
          .map((key) => key.slice(PREFIX.length));
      } catch {
        return [...memory.keys()];
      }
    },
  };
}

export function browserStorage() {
  return { local: storage(reach("localStorage")), tab: storage(reach("sessionStorage")) };
}

/** @param {"localStorage" | "sessionStorage"} name */
function reach(name) {
  try {
    return globalThis[name];
  } catch {
    return { getItem: /** @returns {null} */ () => null, setItem() {}, removeItem() {} };
  }
}
