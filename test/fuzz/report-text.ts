import { type CampaignOptions, type CampaignReport, replayCommand } from './campaign.js';
import type { SteadyFigures } from './steady-client.js';

const US_A_MS = 1000;
const MB = 1024 * 1024;

/** What a campaign found, in lines for people. */
export function reportText(options: CampaignOptions, report: CampaignReport): string[] {
  const attacks = [...report.attacks.values()].reduce((sum, count) => sum + count, 0);
  const lines = [
    `seed ${options.seed}: ${attacks} attacks on the ${options.port} port; replay: ${replayCommand(options)}`,
  ];
  for (const [name, count] of [...report.attacks].sort(([a], [b]) => (a < b ? -1 : 1)))
    lines.push(`  ${count} ${name}`);
  for (const { answered, refused, lastRefusal, worstMs } of report.guards) {
    const refusals = refused === 0 ? 'none refused' : `${refused} refused (${lastRefusal})`;
    lines.push(`  beside it: ${answered} answers, ${refusals}, the slowest after ${Math.round(worstMs)} ms`);
  }
  const mib = (bytes: number): string => `${Math.round(bytes / MB)}`;
  for (const node of report.nodes) {
    const memory = `${mib(node.rssBefore)} MiB before, ${mib(node.rssPeak)} at most, ${mib(node.rssAfter)} after`;
    const files = `${node.descriptorsBefore} descriptors before, ${node.descriptorsAfter} after`;
    lines.push(`  a node: ${memory}; ${files}; ${node.logBytes} bytes of log`);
  }
  for (const [at, { before, during }] of report.steady.entries()) {
    lines.push(`  200 GET and SET a second at node ${at + 1}: ${latencies(before)}; attacked: ${latencies(during)}`);
  }
  for (const fault of report.faults) lines.push(`  FAULT ${fault}`);
  return lines;
}

function latencies({ count, p50Us, p99Us, maxUs, errors }: SteadyFigures): string {
  const ms = (us: number): string => (us / US_A_MS).toFixed(1);
  const refused = errors === 0 ? '' : `, ${errors} errors`;
  return `${count} answers, p50 ${ms(p50Us)} ms, p99 ${ms(p99Us)} ms, at most ${ms(maxUs)} ms${refused}`;
}
