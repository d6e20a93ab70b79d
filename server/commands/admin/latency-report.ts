/** What `LATENCY GRAPH` and `LATENCY DOCTOR` tell people of the events that took long. */

import type { SpikeSeries } from '../../watch/latency-spikes.js';
import { sparkLine } from '../../watch/spark-line.js';

const COLUMNS = 80;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Redis's words, where there is as little to tell. */
const NOT_WATCHING =
  "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n";
const NO_SPIKES =
  'Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n';

const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'command',
    'SLOWLOG GET shows the requests that took long; their time counts from arrival to answer, with all waiting.',
  ],
  [
    'fast-command',
    'Reads and writes of one key wait for R and W replicas: INFO peers and INFO latency show which peer is slow.',
  ],
  ['store-write', 'The disk took long for a batch of writes: look what else writes to it, and how full it is.'],
  ['store-fsync', 'The disk took long to make a batch durable: the keyspaces with durability fsync wait for that.'],
  [
    'event-loop',
    'The process did not get to its work in time: other processes use the processors, or the machine swaps.',
  ],
]);

/** The graph of one event, in Redis's form. */
export function latencyGraph({ event, spikes, maxMs }: SpikeSeries, nowS: number): string {
  const times = spikes.map(({ ms }) => ms);
  const head = `${event} - high ${Math.max(...times)} ms, low ${Math.min(...times)} ms (all time high ${maxMs} ms)`;
  const samples = spikes.map(({ atS, ms }) => ({ value: ms, label: ageLabel(nowS - atS) }));
  return `${head}\n${'-'.repeat(COLUMNS)}\n${sparkLine(samples, COLUMNS)}`;
}

function ageLabel(ageS: number): string {
  if (ageS < MINUTE_S) return `${ageS}s`;
  if (ageS < HOUR_S) return `${Math.trunc(ageS / MINUTE_S)}m`;
  if (ageS < DAY_S) return `${Math.trunc(ageS / HOUR_S)}h`;
  return `${Math.trunc(ageS / DAY_S)}d`;
}

/** What was seen, and what may help. */
export function latencyDoctor(all: readonly SpikeSeries[], isWatching: boolean): string {
  if (all.length === 0) return isWatching ? NO_SPIKES : NOT_WATCHING;
  const findings = all.map((series, at) => `${at + 1}. ${finding(series)}\n`);
  const advice = all.flatMap(({ event }) => {
    const text = ADVICE.get(event);
    return text === undefined ? [] : [`- ${event}: ${text}\n`];
  });
  return `These events took long:\n\n${findings.join('')}\nWhat may help:\n\n${advice.join('')}`;
}

function finding({ event, spikes, maxMs }: SpikeSeries): string {
  const sumMs = spikes.reduce((sum, { ms }) => sum + ms, 0);
  const averageMs = Math.trunc(sumMs / spikes.length);
  const deviation = spikes.reduce((sum, { ms }) => sum + Math.abs(averageMs - ms), 0);
  const periodS = ((spikes.at(-1)?.atS ?? 0) - (spikes[0]?.atS ?? 0)) / spikes.length;
  return `${event}: ${spikes.length} latency spikes (average ${averageMs}ms, mean deviation ${Math.trunc(deviation / spikes.length)}ms, period ${periodS.toFixed(2)} sec). Worst all time event ${maxMs}ms.`;
}
