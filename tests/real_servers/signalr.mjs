// NOT ASP.NET Core, which does not install here, but SignalR's JSON hub protocol by its description
// (https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md), on the port that the first
// argument names, until its input ends. The hub /feeds asks for a token and sends on what `Say` is called with; /hangs
// never answers the handshake. It gives up a client that sends nothing for 1 s, and pings each 300 ms.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const { WebSocketServer } = require('ws');

const END = '\x1e';
const server = new WebSocketServer({ noServer: true });
server.on('connection', (client, request) => {
  const say = (message) => client.send(JSON.stringify(message) + END);
  let isOpen = false;
  let late;
  const lives = () => {
    clearTimeout(late);
    late = setTimeout(() => {
      say({ type: 7, error: 'Connection closed with an error.' });
      client.close(1000);
    }, 1000);
  };
  const pings = setInterval(() => isOpen && say({ type: 6 }), 300);
  client.on('close', () => (clearInterval(pings), clearTimeout(late)));
  client.on('message', (data) => {
    if (request.url === '/hangs') return;
    for (const text of data.toString().split(END).slice(0, -1)) {
      const message = JSON.parse(text);
      if (!isOpen) {
        isOpen = message.protocol === 'json' && message.version === 1;
        say(isOpen ? {} : { error: `The protocol '${message.protocol}' is not supported.` });
        if (!isOpen) client.close(1000);
      } else if (message.type === 1 && message.target === 'Say') {
        say({ type: 1, target: 'Said', arguments: message.arguments });
      }
    }
    lives();
  });
});

const http = createServer();
http.on('upgrade', (request, socket, head) => {
  const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  const isKnown = ['/feeds', '/hangs'].includes(request.url);
  if (!isKnown) refuse('404 Not Found');
  else if (request.headers.authorization !== 'Bearer t0ken-of-tests') refuse('401 Unauthorized');
  else server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
});
http.listen(Number(process.argv[2]), '127.0.0.1', () => console.error('ready'));
process.stdin.resume().on('end', () => process.exit());
