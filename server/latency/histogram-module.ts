import { initWebAssembly } from 'hdr-histogram-js';

/** Loading twice at a time would give two modules, and histograms of one in the hands of the other. */
let loading: Promise<void> | undefined;

/** Loads the WebAssembly module of the histograms, once in a process. */
export function loadHistograms(): Promise<void> {
  loading ??= withoutFetch(initWebAssembly);
  return loading;
}

/**
 * The loader of the module asks whether what it is given is a `Response`. Node brings that class into being when it is first
 * named, and its whole HTTP client with it: a sixth of the processor time of a start. So there is none for as long as the
 * work takes.
 */
async function withoutFetch(work: () => Promise<void>): Promise<void> {
  const response = Object.getOwnPropertyDescriptor(globalThis, 'Response');
  if (response?.get === undefined) return work();
  Object.defineProperty(globalThis, 'Response', { value: undefined, configurable: true });
  try {
    await work();
  } finally {
    Object.defineProperty(globalThis, 'Response', response);
  }
}
