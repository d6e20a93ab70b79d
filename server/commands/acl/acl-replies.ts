/** How `ACL` describes users and what was denied: the shapes of Redis 7.0. */
import type { LogEntry } from '../../acl/access-log.js';
import type { Selector } from '../../acl/selector.js';
import type { User } from '../../acl/user.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';

const MS_PER_S = 1000;

/** A bulk string of one byte a char. */
export function writeText(out: ReplyBuffer, text: string): void {
  out.bulk(Buffer.from(text, 'latin1'));
}

export function writeUser(out: ReplyBuffer, user: User): void {
  out.map(6);
  out.bulkText('flags');
  const flags = user.flags();
  out.set(flags.length);
  for (const flag of flags) out.bulkText(flag);
  out.bulkText('passwords');
  out.array(user.passwords.length);
  for (const hash of user.passwords) out.bulkText(hash);
  writeRules(out, user.root);
  out.bulkText('selectors');
  out.array(user.selectors.length);
  for (const selector of user.selectors) {
    out.map(3);
    writeRules(out, selector);
  }
}

function writeRules(out: ReplyBuffer, selector: Selector): void {
  out.bulkText('commands');
  writeText(out, selector.commandRules());
  out.bulkText('keys');
  writeText(out, selector.keyRules());
  out.bulkText('channels');
  writeText(out, selector.channelRules());
}

export function writeLogEntry(out: ReplyBuffer, entry: LogEntry, nowMs: number): void {
  out.map(7);
  out.bulkText('count');
  out.integer(entry.count);
  out.bulkText('reason');
  out.bulkText(entry.reason);
  out.bulkText('context');
  out.bulkText('toplevel');
  out.bulkText('object');
  writeText(out, entry.object);
  out.bulkText('username');
  writeText(out, entry.user);
  out.bulkText('age-seconds');
  out.double(Math.max(0, Math.trunc(nowMs - entry.lastMs)) / MS_PER_S);
  out.bulkText('client-info');
  out.bulkText(entry.client);
}
