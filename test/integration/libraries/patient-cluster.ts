import { TestCluster } from '../processes.js';

/** Whether a request is answered in time is not what these tests ask, on a machine that runs others beside them. */
const PATIENCE = ['--request-timeout-ms', '10000'];

/** Three nodes, as for an app. */
export function startPatientCluster(): Promise<TestCluster> {
  return TestCluster.start({ args: PATIENCE });
}
