// Echo of Node's ws, on the port that the first argument names, until its input ends. Takes 1 KiB a message.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), maxPayload: 1024 });
server.on('listening', () => console.error('ready'));
server.on('connection', (client) => {
  client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
  // A message too big; ws itself closes with 1009.
  client.on('error', () => {});
});
process.stdin.resume().on('end', () => process.exit());
