// NOT Phoenix, of which no package installs here, but its protocol by the description of its channels' serializer 2.0.0
// (https://hexdocs.pm/phoenix/writing_a_channels_client.html), on the port that the first argument names, until its input
// ends. As Phoenix does, it answers a path that it does not know with 404 and a token that it does not know with 403.
// The topic room:lobby is open and sends on what is pushed to it; room:hangs never answers.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ noServer: true });
server.on('connection', (client) => {
  const joined = new Map();
  const say = (...message) => client.send(JSON.stringify(message));
  const reply = (join, ref, topic, status, response) => say(join, ref, topic, 'phx_reply', { response, status });
  client.on('message', (data) => {
    const [join, ref, topic, event, payload] = JSON.parse(data);
    if (topic === 'phoenix' && event === 'heartbeat') reply(null, ref, topic, 'ok', {});
    else if (event === 'phx_join' && topic === 'room:hangs') return;
    else if (event === 'phx_join' && topic === 'room:lobby') {
      joined.set(topic, join);
      reply(join, ref, topic, 'ok', {});
    } else if (event === 'phx_join') reply(join, ref, topic, 'error', { reason: 'unmatched topic' });
    else if (joined.has(topic)) {
      reply(join, ref, topic, 'ok', {});
      say(null, null, topic, event, payload);
    }
  });
});

const http = createServer();
http.on('upgrade', (request, socket, head) => {
  const url = new URL(request.url, 'http://localhost');
  const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  const token = url.searchParams.get('token') ?? 't0ken-of-tests';
  if (url.pathname !== '/socket/websocket') refuse('404 Not Found');
  else if (url.searchParams.get('vsn') !== '2.0.0' || token !== 't0ken-of-tests') refuse('403 Forbidden');
  else server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client));
});
http.listen(Number(process.argv[2]), '127.0.0.1', () => console.error('ready'));
process.stdin.resume().on('end', () => process.exit());
