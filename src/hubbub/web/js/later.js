/**
 * Parts of the page that are not needed to read and write: each is fetched when it is first asked
 * for, and all of them when the page has been open for a while, so that they are there without a
 * connection too.
 */

const parts = [];
let furnish = () => {};

/** What each of these parts needs besides its module: `load` fetches it. */
export function withEach(load) {
  furnish = load;
}

/** `load` imports a module. `now` is the module, or null; `fetch()` a promise of it. */
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
