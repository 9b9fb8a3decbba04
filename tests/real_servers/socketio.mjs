// socket.io with a quick heartbeat, on the port that the first argument names, until its input ends.
// Tells a client when it has answered five pings. The namespace /feeds says what is said to it, /private asks for a
// token, and /hangs never answers.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const { Server } = require('socket.io');

const http = createServer();
const io = new Server(http, { pingInterval: 300, pingTimeout: 1000 });
io.on('connection', (client) => {
  let beats = 0;
  client.conn.on('heartbeat', () => {
    beats += 1;
    if (beats === 5) client.emit('beats', beats);
  });
});
io.of('/feeds').on('connection', (client) => client.on('say', (text) => client.emit('said', text)));
io.of('/private').use((client, next) =>
  next(client.handshake.auth.token === 't0ken-of-tests' ? undefined : new Error('unknown token')),
);
io.of('/hangs').use(() => {});
http.listen(Number(process.argv[2]), '127.0.0.1', () => console.error('ready'));
process.stdin.resume().on('end', () => process.exit());
