/** `npm start`: installs and builds what is missing, then runs a cluster on this machine. */
import { build, ensureInstalled, runScript } from './setup.mjs';

await runScript(async () => {
  ensureInstalled();
  build();
  // In this process, so that a signal reaches the cluster's keeper itself.
  await import('../dist/scripts/local-cluster.js');
});
