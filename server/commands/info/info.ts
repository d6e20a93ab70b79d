import type { Server } from '../../server.js';
import type { Call, CommandRow } from '../command.js';
import { healingSection } from './info-healing.js';
import { measuredSections } from './info-measured.js';
import { memberSections } from './info-membership.js';
import { peersSection } from './info-peers.js';
import { keyspaceSection, processSections } from './info-process.js';
import type { InfoSection } from './info-section.js';
import { tlsSection } from './info-tls.js';

const SECTIONS: readonly InfoSection[] = [
  ...processSections,
  ...measuredSections,
  healingSection,
  ...memberSections,
  peersSection,
  tlsSection,
  keyspaceSection,
];
const EVERYTHING: ReadonlySet<string> = new Set(['all', 'everything']);

/** The text of `INFO` for the asked-for sections, which stand in a fixed order; unknown names are left out. */
function infoText(server: Server, asked: readonly string[]): string {
  const names = new Set(asked.length === 0 ? ['default'] : asked.map((name) => name.toLowerCase()));
  const wantsAll = [...names].some((name) => EVERYTHING.has(name));
  return SECTIONS.filter(
    (section) => wantsAll || names.has(section.name) || (section.isDefault && names.has('default')),
  )
    .map((section) => sectionText(server, section))
    .join('\r\n');
}

function sectionText(server: Server, section: InfoSection): string {
  const { name } = section;
  const title = name === 'cpu' || name === 'tls' ? name.toUpperCase() : name.charAt(0).toUpperCase() + name.slice(1);
  const lines = section.fields(server).map(([field, value]) => `${field}:${value}\r\n`);
  return `# ${title}\r\n${lines.join('')}`;
}

function info({ server, args, slot }: Call) {
  const asked = args.slice(1).map((name) => name.toString());
  slot.out.verbatim('txt', infoText(server, asked));
  slot.complete();
}

export const infoCommands: readonly CommandRow[] = [
  {
    name: 'info',
    arity: -1,
    flags: ['loading', 'stale'],
    categories: ['@slow', '@dangerous'],
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
    summary: 'Describes this node: what it is, what it has done, how long that took',
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
    arguments: [{ name: 'section', type: 'string', flags: ['optional', 'multiple'] }],
    run: info,
  },
];
