import test from 'ava';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { FRAME_HEADER_BYTES } from '../../../cluster/wire/frames.js';
import {
  DiallingHandshake,
  type HandshakeStep,
  ListeningHandshake,
  type Party,
} from '../../../cluster/wire/handshake.js';
import { CHALLENGE, HELLO, PROOF, READY } from '../../../cluster/wire/messages.js';
import { GOLDEN } from './golden.js';
import { DIALLER, DIALLER_NONCE, LISTENER, LISTENER_NONCE } from './parties.js';

const body = (frame: Buffer) => frame.subarray(FRAME_HEADER_BYTES);

function dialler(party: Partial<Party> = {}) {
  return new DiallingHandshake({ ...DIALLER, ...party }, DIALLER_NONCE, LISTENER.nodeId);
}

function listener(party: Partial<Party> = {}) {
  return new ListeningHandshake({ ...LISTENER, ...party }, LISTENER_NONCE);
}

function sent(step: HandshakeStep): Buffer {
  if (step.step === 'refuse' || step.body === undefined) throw new Error(`nothing was sent: ${JSON.stringify(step)}`);
  return step.body;
}

test('a handshake goes as the golden bytes', (t) => {
  const [d, l] = [dialler(), listener()];
  t.deepEqual(d.hello(), body(GOLDEN.hello));
  t.deepEqual(l.receive(HELLO, d.hello()), { step: 'send', kind: CHALLENGE, body: body(GOLDEN.challenge) });
  t.deepEqual(d.receive(CHALLENGE, body(GOLDEN.challenge)), { step: 'send', kind: PROOF, body: body(GOLDEN.proof) });
  const { nodeId, actor } = DIALLER;
  t.deepEqual(l.receive(PROOF, body(GOLDEN.proof)), {
    step: 'ready',
    identity: { nodeId, actor, version: 1, features: 0 },
    kind: READY,
    body: body(GOLDEN.ready),
  });
  t.like(d.receive(READY, body(GOLDEN.ready)), { step: 'ready', identity: { nodeId: LISTENER.nodeId } });
});

test('the highest version that both speak and the features that both have are chosen', (t) => {
  const d = dialler({ versionMin: 2, versionMax: 5, features: 0b1110 });
  const l = listener({ versionMin: 1, versionMax: 3, features: 0b0111 });
  const proof = sent(d.receive(CHALLENGE, sent(l.receive(HELLO, d.hello()))));
  const ready = l.receive(PROOF, proof);
  t.like(ready, { identity: { version: 3, features: 0b0110 } });
  t.like(d.receive(READY, sent(ready)), { identity: { version: 3, features: 0b0110 } });
});

test('nodes that do not fit refuse each other with the reason, whichever of them looks', (t) => {
  const rows: [Partial<Party>, string][] = [
    [{ clusterName: 'other' }, 'cluster'],
    [{ partitionCount: 128 }, 'partitions'],
    [{ versionMin: 2, versionMax: 3 }, 'version'],
  ];
  for (const [party, reason] of rows) {
    t.like(listener(party).receive(HELLO, dialler().hello()), { step: 'refuse', reason, tell: true });
    t.like(listener().receive(HELLO, dialler(party).hello()), { step: 'refuse', reason, tell: true });
    const challenge = sent(listener(party).receive(HELLO, dialler(party).hello()));
    t.like(dialler().receive(CHALLENGE, challenge), { step: 'refuse', reason, tell: true });
  }
  t.like(listener().receive(HELLO, dialler({ nodeId: LISTENER.nodeId }).hello()), { reason: 'self' });
  const stranger = new DiallingHandshake(DIALLER, DIALLER_NONCE, 'cc'.repeat(20) as NodeId);
  t.like(stranger.receive(CHALLENGE, body(GOLDEN.challenge)), { step: 'refuse', reason: 'node' });
});

test('a wrong secret is refused by both sides', (t) => {
  const [d, l] = [dialler({ secret: 'wrong' }), listener()];
  const proof = sent(d.receive(CHALLENGE, sent(l.receive(HELLO, d.hello()))));
  t.like(l.receive(PROOF, proof), { step: 'refuse', reason: 'secret', tell: true });
  t.like(d.receive(READY, body(GOLDEN.ready)), { step: 'refuse', reason: 'secret', tell: true });
});

test('a proof that is played back to its maker is refused', (t) => {
  const d = dialler();
  d.receive(CHALLENGE, body(GOLDEN.challenge));
  t.like(d.receive(READY, body(GOLDEN.proof)), { step: 'refuse', reason: 'secret' });
});

test('a change of any byte of the greetings or proofs on the way is noticed', (t) => {
  const flips = { hello: GOLDEN.hello, challenge: GOLDEN.challenge, proof: GOLDEN.proof, ready: GOLDEN.ready };
  for (const [name, frame] of Object.entries(flips)) {
    for (let at = 0; at < body(frame).length; at++) {
      const pass = (passing: string, bytes: Buffer) => {
        const copy = Buffer.from(bytes);
        if (passing === name) copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
        return copy;
      };
      const [d, l] = [dialler(), listener()];
      let step = l.receive(HELLO, pass('hello', d.hello()));
      if (step.step !== 'refuse') step = d.receive(CHALLENGE, pass('challenge', sent(step)));
      if (step.step !== 'refuse') step = l.receive(PROOF, pass('proof', sent(step)));
      if (step.step !== 'refuse') step = d.receive(READY, pass('ready', sent(step)));
      t.is(step.step, 'refuse', `${name} byte ${at}`);
    }
  }
});

test('a greeting may be longer, as that of a later version is, but not shorter', (t) => {
  const [d, l] = [dialler(), listener()];
  t.is(l.receive(HELLO, Buffer.concat([d.hello(), Buffer.from('later')])).step, 'send');
  for (let end = 0; end < d.hello().length; end++) {
    t.like(listener().receive(HELLO, d.hello().subarray(0, end)), { step: 'refuse', reason: 'malformed' });
  }
});

test('what does not speak the protocol is not answered', (t) => {
  t.like(listener().receive(HELLO, Buffer.from('GET / HTTP/1.1\r\n'.repeat(9))), { step: 'refuse', tell: false });
  t.like(listener().receive(PROOF, body(GOLDEN.proof)), { step: 'refuse', tell: false });
  t.like(dialler().receive(READY, body(GOLDEN.ready)), { step: 'refuse', reason: 'malformed', tell: true });
});
