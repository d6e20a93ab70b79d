/** How `COMMAND` describes commands: the shapes of Redis 7.0, made from the rows. */
import type { ReplyBuffer } from '../../resp/reply-buffer.js';
import type { ArgumentRow, KeySpec } from '../command.js';
import type { Command } from '../command-table.js';

/** One command of `COMMAND INFO`. */
export function writeInfo(out: ReplyBuffer, command: Command): void {
  const { row } = command;
  const { keys } = row;
  out.array(10);
  out.bulkText(command.fullName);
  out.integer(row.arity);
  writeStatuses(out, row.flags);
  out.integer(keys?.first ?? 0);
  out.integer(keys?.last ?? 0);
  out.integer(keys?.step ?? 0);
  writeStatuses(out, row.categories);
  const tips = row.tips ?? [];
  out.set(tips.length);
  for (const tip of tips) out.bulkText(tip);
  const specs = keys === undefined ? [] : (keys.parts ?? [keys]);
  out.set(specs.length);
  for (const spec of specs) writeKeySpec(out, spec);
  const subcommands = command.subcommands?.all ?? [];
  if (subcommands.length > 0) out.array(subcommands.length);
  else out.set(0);
  for (const subcommand of subcommands) writeInfo(out, subcommand);
}

/** A set of status replies. */
export function writeStatuses(out: ReplyBuffer, words: readonly string[]): void {
  out.set(words.length);
  for (const word of words) out.simple(word);
}

function writeKeySpec(out: ReplyBuffer, keys: KeySpec): void {
  out.map(keys.notes === undefined ? 3 : 4);
  if (keys.notes !== undefined) {
    out.bulkText('notes');
    out.bulkText(keys.notes);
  }
  out.bulkText('flags');
  writeStatuses(out, keys.flags);
  out.bulkText('begin_search');
  writeTyped(out, 'index', [['index', keys.first]]);
  out.bulkText('find_keys');
  writeTyped(out, 'range', [
    // Counted from the first key, unlike the position in the command's own entry.
    ['lastkey', keys.last < 0 ? keys.last : keys.last - keys.first],
    ['keystep', keys.step],
    ['limit', 0],
  ]);
}

function writeTyped(out: ReplyBuffer, type: string, spec: readonly (readonly [string, number])[]): void {
  out.map(2);
  out.bulkText('type');
  out.bulkText(type);
  out.bulkText('spec');
  out.map(spec.length);
  for (const [name, value] of spec) {
    out.bulkText(name);
    out.integer(value);
  }
}

/** The documentation of one command in `COMMAND DOCS`; its name stands before it. */
export function writeDocs(out: ReplyBuffer, command: Command): void {
  const { row } = command;
  const texts = { summary: row.summary, since: row.since, group: row.group, complexity: row.complexity };
  const subcommands = command.subcommands?.all ?? [];
  const documented = row.arguments ?? [];
  const { deprecated, isForSystem } = row;
  const isMarked = deprecated !== undefined || isForSystem === true;
  out.map(
    4 +
      (isMarked ? 1 : 0) +
      (deprecated === undefined ? 0 : 2) +
      (documented.length > 0 ? 1 : 0) +
      (subcommands.length > 0 ? 1 : 0),
  );
  writeTexts(out, texts);
  if (isMarked) {
    out.bulkText('doc_flags');
    writeStatuses(out, [deprecated === undefined ? 'syscmd' : 'deprecated']);
  }
  if (deprecated !== undefined) {
    writeTexts(out, { deprecated_since: deprecated.since, replaced_by: deprecated.replacedBy });
  }
  if (documented.length > 0) {
    out.bulkText('arguments');
    writeArguments(out, documented);
  }
  if (subcommands.length > 0) {
    out.bulkText('subcommands');
    out.map(subcommands.length);
    for (const subcommand of subcommands) {
      out.bulkText(subcommand.fullName);
      writeDocs(out, subcommand);
    }
  }
}

function writeTexts(out: ReplyBuffer, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    out.bulkText(name);
    out.bulkText(text);
  }
}

function writeArguments(out: ReplyBuffer, documented: readonly ArgumentRow[]): void {
  out.array(documented.length);
  for (const argument of documented) writeArgument(out, argument);
}

function writeArgument(out: ReplyBuffer, argument: ArgumentRow): void {
  const { token, since, deprecatedSince, flags = [], arguments: inner = [] } = argument;
  const isKey = argument.type === 'key';
  const optional = [
    isKey,
    token !== undefined,
    since !== undefined,
    deprecatedSince !== undefined,
    flags.length > 0,
    inner.length > 0,
  ];
  out.map(2 + optional.filter(Boolean).length);
  out.bulkText('name');
  out.bulkText(argument.name);
  out.bulkText('type');
  out.bulkText(argument.type);
  if (isKey) {
    out.bulkText('key_spec_index');
    out.integer(argument.keyPart ?? 0);
  }
  if (token !== undefined) {
    out.bulkText('token');
    out.bulkText(token);
  }
  if (since !== undefined) {
    out.bulkText('since');
    out.bulkText(since);
  }
  if (deprecatedSince !== undefined) {
    out.bulkText('deprecated_since');
    out.bulkText(deprecatedSince);
  }
  if (flags.length > 0) {
    out.bulkText('flags');
    writeStatuses(out, flags);
  }
  if (inner.length > 0) {
    out.bulkText('arguments');
    writeArguments(out, inner);
  }
}
