/** What `createCluster` of node-redis makes of the topology, where its clients reach the nodes by other addresses. */
import net from 'node:net';
import test from 'ava';
import { createCluster } from 'redis';
import { startPatientCluster } from './patient-cluster.js';

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

/** A door in front of a node, as a translated address is one. */
class Door {
  entered = 0;
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;

  private constructor(private readonly target: number) {
    this.#server = net.createServer((outside) => {
      this.entered++;
      const inside = net.connect(this.target, '127.0.0.1');
      for (const socket of [outside, inside]) {
        this.#sockets.add(socket);
        socket.on('error', () => this.close());
      }
      outside.pipe(inside).pipe(outside);
    });
  }

  static async before(target: number): Promise<Door> {
    const door = new Door(target);
    await new Promise<void>((resolve) => door.#server.listen(0, '127.0.0.1', resolve));
    return door;
  }

  get address(): { host: string; port: number } {
    const bound = this.#server.address();
    return { host: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0 };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

test.serial('with nodeAddressMap each node is reached by the address that is mapped to its own', async (t) => {
  const doors = await Promise.all(cluster.ports.map((port) => Door.before(port)));
  t.teardown(() => {
    for (const door of doors) door.close();
  });
  const byAddress = new Map(cluster.ports.map((port, at) => [`127.0.0.1:${port}`, doors[at]]));
  const asked = new Set<string>();
  const client = createCluster({
    rootNodes: doors.slice(0, 1).map(({ address }) => ({ socket: address })),
    nodeAddressMap: (address) => {
      asked.add(address);
      return byAddress.get(address)?.address;
    },
  });
  client.on('error', (error: Error) => t.log(error.message));
  await client.connect();
  t.teardown(() => client.destroy());
  const keys = Array.from({ length: 60 }, (_, k) => `mapped:${k}`);
  for (const key of keys) t.is(await client.set(key, key), 'OK');
  for (const key of keys) t.is(await client.get(key), key);
  t.deepEqual([...asked].sort(), [...byAddress.keys()].sort(), 'the addresses of CLUSTER SLOTS');
  t.true(doors.every(({ entered }) => entered > 0));
});

test.serial('with minimizeConnections a node is connected to with the first command for it', async (t) => {
  const client = createCluster({
    rootNodes: cluster.ports.map((port) => ({ socket: { host: '127.0.0.1', port } })),
    minimizeConnections: true,
  });
  await client.connect();
  t.teardown(() => client.destroy());
  t.is(client.masters.filter((node) => node.client !== undefined).length, 0);
  t.is(await client.set('one', 'v'), 'OK');
  t.is(client.masters.filter((node) => node.client !== undefined).length, 1);
});
