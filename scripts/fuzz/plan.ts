/** What to run, read from the command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { AttackedPort, CampaignOptions } from '../../test/fuzz/campaign.js';

const MS_A_MINUTE = 60_000;
const SEED_END = 2 ** 32;
const PORTS = ['resp', 'peer'] as const satisfies readonly AttackedPort[];

/** Throws `RangeError`, or the `TypeError` of `parseArgs`, where the arguments make no plan. */
export function readFuzzPlan(): CampaignOptions[] {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      port: { type: 'string' },
      first: { type: 'string', default: '0' },
      only: { type: 'string', default: '' },
    },
  });
  const ports = values.port === undefined ? PORTS : PORTS.filter((port) => port === values.port);
  if (ports.length === 0) throw new RangeError(`--port takes ${PORTS.join(' or ')}, and not '${values.port}'`);
  const seed = values.seed === undefined ? randomInt(SEED_END) : numberIn('seed', values.seed, 0, SEED_END - 1);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes must be a number above 0, and is '${values.minutes}'`);
  const first = numberIn('first', values.first, 0, Number.MAX_SAFE_INTEGER);
  return ports.map((port) => ({ seed, port, first, only: values.only, durationMs: Math.round(minutes * MS_A_MINUTE) }));
}

function numberIn(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= low && number <= high) return number;
  throw new RangeError(`--${name} must be a whole number from ${low} to ${high}, and is '${text}'`);
}
