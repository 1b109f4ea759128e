/**
 * Loads the parts of the page that reading and writing do not need: each on first use, and all after the
 * page has been open for a while, so that they work without a connection too.
 */

/** @import { Part } from "./types.js" */

/** @type {Part<unknown>[]} */
const parts = [];
/** @type {() => unknown} */
let furnish = () => {};

/**
 * `load` fetches what every part needs besides its module.
 * @param {() => unknown} load
 */
export function withEach(load) {
  furnish = load;
}

/**
 * `load` imports a module. `now` is the module or null, `fetch()` a promise of it. `use` calls a function
 * with it: at once if it is loaded.
 * @template M
 * @param {() => Promise<M>} load
 * @returns {Part<M>}
 */
export function later(load) {
  /** @type {Promise<M> | null} */
  let asked = null;
  /** @type {Part<M>} */
  const part = {
    now: null,
    fetch() {
      asked ||= Promise.all([load(), furnish()]).then(
        ([module]) => (part.now = module),
        (error) => {
          asked = null; // try again the next time
          throw error;
        },
      );
      return asked;
    },
    use(act, otherwise = () => {}) {
      if (part.now) act(part.now);
      else part.fetch().then(act, otherwise);
    },
  };
  parts.push(part);
  return part;
}

export function fetchAll() {
  return Promise.allSettled(parts.map((part) => part.fetch()));
}
