#!/usr/bin/env -S node --max-semi-space-size=16 --use-largepages=silent
import { asksFor } from './config/load-config.js';
import { helpText } from './config/option-table.js';
import { versionText } from './version.js';

const argv = process.argv.slice(2);
const asked = asksFor(argv);
if (asked === 'help') process.stdout.write(helpText());
else if (asked === 'version') process.stdout.write(`cartwheel ${versionText()}\n`);
else if (asked === 'status') await tellStatus();
else await (await import('./serve.js')).serve(argv);

/** Loads no more than this takes: no store, no node. */
async function tellStatus(): Promise<void> {
  const { runStatus } = await import('./status/status.js');
  const code = await runStatus(argv.slice(1));
  // Nobody waits for nodes that have not answered yet.
  process.stdout.write('', () => process.exit(code));
}
