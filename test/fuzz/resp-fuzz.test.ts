/** The port for clients under hostile clients for some seconds: `npm run fuzz` is the long form. */
import test from 'ava';
import { shortCampaign } from './short-campaign.js';

test('clients that do not behave harm neither a node nor the clients beside them', async (t) => {
  t.timeout(600_000);
  await shortCampaign(t, 'resp');
});
