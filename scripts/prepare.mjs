/** Run by npm after an install: builds, so that `npx cartwheel` works; without the compiler there is nothing to do. */
import { build, hasCompiler, runScript } from './setup.mjs';

await runScript(() => {
  if (hasCompiler()) build();
});
