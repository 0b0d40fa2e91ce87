/**
 * Modules that are loaded when they are needed, one after the other. Deno 2.9.6 ends now and then with "RefCell
 * already borrowed" where one dynamic import begins while another one's module is evaluated (its issue 36216): stages
 * run side by side, so without a queue the first run in a fresh checkout did so in one of five.
 */

let last: Promise<unknown> = Promise.resolve();

/** What `load` imports, when every import before it has ended. A module must not wait for one while it is evaluated. */
export function imported<T>(load: () => Promise<T>): Promise<T> {
  const here = last.then(load);
  last = here.catch(() => {});
  return here;
}
