/** `npm run build`: installs what is missing, then compiles what has changed. */
import { build, ensureInstalled, runScript } from './setup.mjs';

await runScript(() => {
  ensureInstalled();
  build();
});
