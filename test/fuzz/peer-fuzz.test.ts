/** The peer port under hostile peers for some seconds, with and without the secret: `npm run fuzz` is the long form. */
import test from 'ava';
import { shortCampaign } from './short-campaign.js';

test('peers that do not behave, known or not, harm neither a node nor its clients', async (t) => {
  t.timeout(600_000);
  await shortCampaign(t, 'peer');
});
