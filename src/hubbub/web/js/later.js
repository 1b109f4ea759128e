/**
 * Loads the parts of the page that reading and writing do not need: each on its first use, and all of
 * them after the page has been open for a while, so that they work without a connection too.
 */

const parts = [];
let furnish = () => {};

/** Register what every part needs besides its module: `load` fetches it. */
export function withEach(load) {
  furnish = load;
}

/**
 * `load` imports a module. `now` is the module, or null; `fetch()` a promise of it.
 * @template M
 * @param {() => Promise<M>} load
 * @returns {{ now: M | null, fetch(): Promise<M> }}
 */
export function later(load) {
  const part = {
    now: null,
    asked: null,
    fetch() {
      part.asked ||= Promise.all([load(), furnish()]).then(
        ([module]) => (part.now = module),
        (error) => {
          part.asked = null; // the next time may go better
          throw error;
        },
      );
      return part.asked;
    },
  };
  parts.push(part);
  return part;
}

export function fetchAll() {
  return Promise.allSettled(parts.map((part) => part.fetch()));
}
