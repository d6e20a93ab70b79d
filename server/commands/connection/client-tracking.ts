/** Caching by clients with the server's help (tracking): told to be off, and refused. */

import { pureTokens } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';

const NOT_TRACKING =
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled';
const REFUSED = 'ERR CLIENT TRACKING ON is not supported: no node sees all writes of a key';

function tracking({ server, args, slot }: Call) {
  const fault = optionFault(args, (id) => server.clients.byId(id) !== undefined);
  if (fault !== undefined) return refuse(server, slot, fault);
  const word = keyword(args[2]);
  if (word !== 'ON' && word !== 'OFF') return refuse(server, slot, SYNTAX_ERROR);
  if (word === 'ON') return refuse(server, slot, REFUSED);
  slot.out.ok();
  slot.complete();
}

/** What Redis says of options whatever the first word is. */
function optionFault(args: readonly Buffer[], isClient: (id: number) => boolean): string | undefined {
  let isRedirected = false;
  for (let at = 3; at < args.length; at++) {
    const value = args[at + 1];
    switch (keyword(args[at])) {
      case 'REDIRECT': {
        if (value === undefined) return SYNTAX_ERROR;
        if (isRedirected) return 'ERR A client can only redirect to a single other client';
        const id = parseInt64(value);
        if (id === undefined) return NOT_AN_INTEGER;
        if (!isClient(Number(id))) return 'ERR The client ID you want redirect to does not exist';
        isRedirected = true;
        at++;
        break;
      }
      case 'PREFIX':
        if (value === undefined) return SYNTAX_ERROR;
        at++;
        break;
      case 'BCAST':
      case 'OPTIN':
      case 'OPTOUT':
      case 'NOLOOP':
        break;
      default:
        return SYNTAX_ERROR;
    }
  }
  return undefined;
}

function caching({ server, slot }: Call) {
  refuse(server, slot, NOT_TRACKING);
}

function redirection({ slot }: Call) {
  slot.out.integer(-1);
  slot.complete();
}

function trackingInfo({ slot }: Call) {
  const { out } = slot;
  out.map(3);
  out.bulkText('flags');
  out.set(1);
  out.bulkText('off');
  out.bulkText('redirect');
  out.integer(-1);
  out.bulkText('prefixes');
  out.array(0);
  slot.complete();
}

const OWN: Pick<CommandRow, 'flags' | 'categories' | 'group' | 'complexity'> = {
  flags: ['noscript', 'loading', 'stale'],
  categories: ['@slow', '@connection'],
  group: 'connection',
  complexity: 'O(1)',
};

export const trackingSubcommands: readonly CommandRow[] = [
  {
    ...OWN,
    name: 'tracking',
    arity: -3,
    since: '6.0.0',
    summary: 'Refused, but for OFF: clients are not told of changes',
    arguments: [
      {
        name: 'status',
        type: 'oneof',
        arguments: pureTokens('on', 'off'),
      },
      { name: 'client-id', type: 'integer', token: 'REDIRECT', flags: ['optional'] },
      { name: 'prefix', type: 'string', token: 'PREFIX', flags: ['optional', 'multiple', 'multiple_token'] },
      { name: 'bcast', type: 'pure-token', token: 'BCAST', flags: ['optional'] },
      { name: 'optin', type: 'pure-token', token: 'OPTIN', flags: ['optional'] },
      { name: 'optout', type: 'pure-token', token: 'OPTOUT', flags: ['optional'] },
      { name: 'noloop', type: 'pure-token', token: 'NOLOOP', flags: ['optional'] },
    ],
    run: tracking,
  },
  {
    ...OWN,
    name: 'caching',
    arity: 3,
    since: '6.0.0',
    summary: 'Always refused: no client tracks keys',
    arguments: [
      {
        name: 'mode',
        type: 'oneof',
        arguments: pureTokens('yes', 'no'),
      },
    ],
    run: caching,
  },
  {
    ...OWN,
    name: 'getredir',
    arity: 2,
    since: '6.0.0',
    summary: 'Tells that this connection tracks no keys',
    run: redirection,
  },
  {
    ...OWN,
    name: 'trackinginfo',
    arity: 2,
    since: '6.2.0',
    summary: 'Tells that this connection tracks no keys',
    run: trackingInfo,
  },
];
