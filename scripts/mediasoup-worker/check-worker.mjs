/**
 * Acceptance of a mediasoup worker: `node check-worker.mjs <mediasoup package folder> <scratch folder>`
 * with MEDIASOUP_WORKER_BIN set. An RTP packet goes router → DTLS/SRTP → peer → DTLS/SRTP → router and
 * has to come back unchanged. Ends with code 1 and the reason otherwise. Without a C compiler (a
 * prebuilt worker on a machine that never needed one) only starting and creating a transport is tried.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [packageFolder, scratchFolder] = process.argv.slice(2);
const mediasoup = createRequire(import.meta.url)(packageFolder);
const timeoutMs = 30_000;
const echoSsrc = 22_222_222;
const payload = Buffer.from('nigehban: one packet there and back');

/** Compiles the peer; undefined when this machine has no compiler or no development headers. */
function compilePeer() {
  const peer = join(scratchFolder, 'dtls-srtp-peer');
  const source = fileURLToPath(new URL('dtls-srtp-peer.c', import.meta.url));
  const libraries = ['-lssl', '-lcrypto', '-lsrtp2'];
  const result = spawnSync(
    'gcc',
    ['-O1', '-std=c11', '-D_DEFAULT_SOURCE', '-o', peer, source, ...libraries],
    {
      encoding: 'utf8',
    },
  );
  if (result.status === 0) return peer;
  console.log(`without the DTLS peer: ${result.error?.code ?? result.stderr}`);
  return undefined;
}

const opus = { mimeType: 'audio/opus', clockRate: 48_000, channels: 2 };

function rtpParameters(ssrc, payloadType) {
  return { codecs: [{ ...opus, payloadType }], encodings: [{ ssrc }], rtcp: { cname: 'check' } };
}

function buildRtpPacket(sequenceNumber, payloadType, ssrc) {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType;
  header.writeUInt16BE(sequenceNumber, 2);
  header.writeUInt32BE(sequenceNumber * 960, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** Resolves when a packet has come back; rejects when the peer or the worker ends before. */
async function roundTrip(worker, router, transport, peer) {
  const direct = await router.createDirectTransport();
  const source = await direct.produce({
    kind: 'audio',
    rtpParameters: rtpParameters(11_111_111, 100),
  });
  const outgoing = await transport.consume({
    producerId: source.id,
    rtpCapabilities: router.rtpCapabilities,
  });
  const { payloadType } = outgoing.rtpParameters.codecs[0];
  const echo = await transport.produce({
    kind: 'audio',
    rtpParameters: rtpParameters(echoSsrc, payloadType),
  });
  const returned = await direct.consume({
    producerId: echo.id,
    rtpCapabilities: router.rtpCapabilities,
  });
  let sequenceNumber = 1;
  const sending = setInterval(
    () => source.send(buildRtpPacket(sequenceNumber++, 100, 11_111_111)),
    20,
  );
  try {
    await new Promise((done, fail) => {
      worker.on('died', () => fail(new Error('the worker died during the DTLS handshake')));
      returned.on('rtp', (packet) => {
        if (packet.subarray(-payload.length).equals(payload)) done();
      });
      let complaint = '';
      peer.stderr.on('data', (chunk) => {
        complaint += chunk;
      });
      peer.on('close', (code, signal) =>
        // A dying worker makes the peer fail too; the worker's end is the better reason to report.
        setTimeout(
          () => fail(new Error(complaint || `the peer ended with ${signal ?? code}`)),
          500,
        ),
      );
      createInterface({ input: peer.stdout }).on('line', async (line) => {
        console.log(line);
        if (!line.startsWith('fingerprint ')) return;
        const fingerprint = { algorithm: 'sha-256', value: line.slice('fingerprint '.length) };
        await transport.connect({
          dtlsParameters: { role: 'client', fingerprints: [fingerprint] },
        });
        const { usernameFragment, password } = transport.iceParameters;
        const { ip, port } = transport.iceCandidates[0];
        peer.stdin.write(`${ip} ${port} ${usernameFragment} ${password} ${echoSsrc}\n`);
      });
    });
  } finally {
    clearInterval(sending);
  }
}

let peer;
setTimeout(() => {
  console.error(`no packet came back within ${timeoutMs / 1000} s`);
  peer?.kill('SIGKILL');
  process.exit(1);
}, timeoutMs);
try {
  const worker = await mediasoup.createWorker({ logLevel: 'warn' });
  const router = await worker.createRouter({ mediaCodecs: [{ kind: 'audio', ...opus }] });
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const program = compilePeer();
  if (program !== undefined) {
    peer = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
    await roundTrip(worker, router, transport, peer);
    console.log('round trip complete');
  }
  peer?.kill('SIGKILL');
  process.exit(0);
} catch (error) {
  console.error(error.message);
  peer?.kill('SIGKILL');
  process.exit(1);
}
