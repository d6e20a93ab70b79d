/** Does all of some work at once; gives its result. */
export function wholly<T>(work: Iterator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
