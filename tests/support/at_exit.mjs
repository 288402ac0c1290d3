// @ts-check
// What must not outlive this process, whatever ends it.

/** @type {Set<() => void>} */
const pending = new Set();

process.once('exit', () => {
  for (const clear of pending) clear();
});

/** Runs at exit, unless the returned function is called before. @param {() => void} clear */
export function atExit(clear) {
  pending.add(clear);
  return () => void pending.delete(clear);
}
