/**
 * The most nodes of a walk of which no two share a zone or a host, the first of the walk among them. Where hosts stand in
 * several zones each, taking whoever fits next may end too early: b/2 after a/1 leaves c/2 nothing, b/3 would not. This is a
 * maximum matching of zones and hosts, a node being an edge between its two (Kuhn's augmenting paths).
 *
 * @param walk numbers of nodes
 * @param zones of each node; as numbers, like `hosts`
 * @returns numbers of nodes, in the order of the walk
 */
export function mostApart(walk: readonly number[], zones: Int32Array, hosts: Int32Array): number[] {
  const [first] = walk;
  if (first === undefined) return [];
  const ofZone = new Map<number, number[]>();
  for (const node of walk) {
    const zone = zones[node] ?? 0;
    if (zone === zones[first] || hosts[node] === hosts[first]) continue;
    const known = ofZone.get(zone);
    if (known === undefined) ofZone.set(zone, [node]);
    else known.push(node);
  }
  const holders = new Map<number, number>();
  /** Finds a host for the zone; whoever has it must find another one. */
  const settle = (zone: number, asked: Set<number>): boolean => {
    for (const node of ofZone.get(zone) ?? []) {
      const host = hosts[node] ?? 0;
      if (asked.has(host)) continue;
      asked.add(host);
      const holder = holders.get(host);
      if (holder !== undefined && !settle(zones[holder] ?? 0, asked)) continue;
      holders.set(host, node);
      return true;
    }
    return false;
  };
  for (const zone of ofZone.keys()) settle(zone, new Set());
  const chosen = new Set([first, ...holders.values()]);
  return walk.filter((node) => chosen.has(node));
}
