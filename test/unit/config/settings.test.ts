import test from 'ava';
import { ALL_OPTIONS, completeConfig } from '../../../server/config/config.js';
import { helpText, optionTable } from '../../../server/config/option-table.js';
import { OPTION_ROWS, propertyOf } from '../../../server/config/options.js';
import { Settings } from '../../../server/config/settings.js';

function settingsOf(given: Readonly<Record<string, unknown>> = {}): Settings {
  return new Settings(completeConfig(given));
}

test('a mutable option changes at once and its listeners hear of it', (t) => {
  const settings = settingsOf();
  const before = settings.config;
  const heard: number[] = [];
  settings.onChange((config) => heard.push(config.maxclients));
  t.is(settings.change([['MAXCLIENTS', '5']]), undefined);
  t.is(settings.config.maxclients, 5);
  t.is(before.maxclients, 10_000);
  t.true(Object.isFrozen(settings.config));
  t.deepEqual(heard, [5]);
});

test('of several changes all take effect or none', (t) => {
  const settings = settingsOf();
  const refusal = settings.change([
    ['timeout', '10'],
    ['maxclients', '0'],
  ]);
  t.deepEqual(refusal, { name: 'maxclients', reason: 'argument must be between 1 and 1000000 inclusive' });
  t.is(settings.config.timeout, 0);
  t.deepEqual(
    settings.change([
      ['timeout', '1'],
      ['timeout', '2'],
    ]),
    { name: 'timeout', reason: 'duplicate parameter' },
  );
  t.is(settings.config.timeout, 0);
});

test('options that only a start can set, and unknown ones, are refused', (t) => {
  const settings = settingsOf();
  t.deepEqual(settings.change([['partitions', '512']]), {
    name: 'partitions',
    reason: "can't set immutable config",
  });
  t.deepEqual(settings.change([['nonsense', '1']]), { name: 'nonsense' });
});

test('a secret is never shown, only that there is one', (t) => {
  const shown = (settings: Settings) => settings.shown((name) => name === 'cluster-secret');
  t.deepEqual(shown(settingsOf({ clusterSecret: 'a secret of mine' })), [['cluster-secret', '********']]);
  t.deepEqual(shown(settingsOf()), [['cluster-secret', '']]);
});

test('what is shown of an option can be read again as the same value', (t) => {
  for (const [name, value] of settingsOf().shown(() => true)) {
    const row = OPTION_ROWS.find((candidate) => candidate.name === name);
    t.true(row?.type.parse(value).ok, `${name} ${value}`);
  }
});

test('every option has a default that its own type accepts', (t) => {
  const names = new Set<string>();
  for (const row of ALL_OPTIONS) {
    t.false(names.has(row.name), row.name);
    names.add(row.name);
    t.deepEqual(row.type.parse(row.type.print(row.fallback)), { ok: true, value: row.fallback }, row.name);
    t.regex(row.name, /^[a-z]+(-[a-z][a-z\d]*)*$/);
    t.true(row.doc.endsWith('.') || row.doc.includes(': '), row.name);
  }
  t.is(propertyOf('client-query-buffer-limit'), 'clientQueryBufferLimit');
});

test('the table of options has a line for each, and the help one for each that can be set', (t) => {
  const table = optionTable();
  const help = helpText();
  for (const { name } of OPTION_ROWS) t.true(table.includes(`| \`${name}\` |`), name);
  t.true(table.includes('| `key-max-len` | 64kb | 1 to 64kb | yes |'));
  t.true(help.includes('--request-timeout-ms'));
  t.false(help.includes('--appendonly'));
});

test('who guards the options can refuse a change, which then changes nothing', (t) => {
  const settings = settingsOf({});
  const asked: string[] = [];
  settings.guardedBy((next, names) => {
    asked.push(`${names.join()} ${next.maxclients}`);
    return next.maxclients === 7 ? 'not seven' : undefined;
  });
  t.is(settings.change([['MaxClients', '8']]), undefined);
  t.deepEqual(
    settings.change([
      ['timeout', '1'],
      ['maxclients', '7'],
    ]),
    { name: 'timeout', reason: 'not seven' },
  );
  t.deepEqual(asked, ['maxclients 8', 'timeout,maxclients 7']);
  t.is(settings.config.maxclients, 8);
  t.is(settings.config.timeout, 0);
});
