/** What a node's time and memory go to: a name for each part of the program, told by where a function stands. */

/** What a profile calls a function. */
export interface CallFrame {
  readonly functionName: string;
  /** Where it stands: `file:///…`, `node:…`, or nothing for what V8 and native code do. */
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** Time in which the process had nothing to do. */
export const IDLE = 'idle';
/** What no rule is about. */
export const OTHER = 'other';
const FILES = 'files';

interface Rule {
  readonly centre: string;
  /** Path below the project's folder, the url of a module of Node, or nothing for what V8 and native code do. */
  readonly place: RegExp;
  /** Undefined: any function. */
  readonly name?: RegExp;
  /** Only when called from this centre. */
  readonly caller?: string;
}

/** The first that fits counts. */
const RULES: readonly Rule[] = [
  { centre: IDLE, place: /^$/, name: /^\(idle\)$/ },
  { centre: 'garbage collection', place: /^$/, name: /^\(garbage collector\)$/ },
  // Native code that no JavaScript has called.
  { centre: 'native: event loop, reads', place: /^$/, name: /^\(program\)$/ },
  { centre: OTHER, place: /^$/, name: /^\(root\)$/ },
  // A file's native functions have the names of a socket's.
  { centre: FILES, place: /^$/, caller: FILES },
  { centre: 'system calls: socket writes', place: /^$/, name: /^write(v|Buffer|(Utf8|Latin1|Ascii|Ucs2)String)$/ },
  { centre: 'parse requests', place: /^server\/resp\/(request|inline)|^node_modules\/redis-parser\// },
  { centre: 'replies', place: /^server\/(resp\/|net\/(reply|flush|socket-writer))/ },
  { centre: 'client connections', place: /^server\/net\// },
  { centre: 'dispatch, commands', place: /^server\/(dispatch|commands|acl|latency|watch|client-limits)/ },
  { centre: 'coordinator put', place: /^cluster\/coordinator\/(put|held-writes|last-writes|durability)/ },
  { centre: 'coordinator get', place: /^cluster\/coordinator\/(get|hedge|copies|replica-choice)/ },
  { centre: 'coordinator, the rest', place: /^cluster\/(coordinator|keyspaces|databases)\// },
  { centre: 'version vectors', place: /^cluster\/version\// },
  { centre: 'replica, cache', place: /^cluster\/replica\// },
  { centre: 'peer frames', place: /^cluster\/wire\// },
  { centre: 'RocksDB', place: /^cluster\/storage\/|^node_modules\/(rocksdb|abstract-leveldown|levelup)\// },
  {
    centre: 'ring, membership',
    place: /^cluster\/(ring|membership|failure|peers|node|ports)|^node_modules\/cluster-key-slot\//,
  },
  { centre: 'background work', place: /^cluster\/(anti-entropy|background|handoff|reaping|transfer|scan)\// },
  { centre: 'server, the rest', place: /^server\// },
  { centre: 'sockets in Node', place: /^node:(net|internal\/(stream_base_commons|streams|net|dgram))/ },
  { centre: FILES, place: /^node:(fs|internal\/fs)/ },
  { centre: 'timers, queues of Node', place: /^node:internal\/(timers|process\/(task_queues|promises))/ },
];

/**
 * The cost centre of a function that one of the centre `caller` has called. Native functions, and the rest of Node (buffers,
 * events), cost what their callers made them do: they count there.
 */
export function centreOf({ functionName, url }: CallFrame, caller: string): string {
  const place = placeOf(url);
  const fits = (rule: Rule): boolean =>
    rule.place.test(place) &&
    (rule.name === undefined || rule.name.test(functionName)) &&
    (rule.caller === undefined || rule.caller === caller);
  return RULES.find(fits)?.centre ?? caller;
}

/** `file:///…/dist/cluster/ring/ring.js` → `cluster/ring/ring.js`; the url of a module of Node stays. */
export function placeOf(url: string): string {
  const packages = url.lastIndexOf('/node_modules/');
  if (packages !== -1) return url.slice(packages + 1);
  const compiled = url.lastIndexOf('/dist/');
  return compiled === -1 ? url : url.slice(compiled + '/dist/'.length);
}
