// The token service oidc-provider, whose tokens are JWTs that live 5 s, and a feed below /ws/ that takes them: on the port that
// the first argument names, until its input ends. A token request to /hang is never answered.
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const { WebSocketServer } = require('ws');
const { Provider } = await import(new URL('../../end2end/node_modules/oidc-provider/lib/index.js', import.meta.url));

const LIFETIME_S = 5;
const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const feeds = {
  scope: 'feeds:read feeds:write',
  audience: 'feeds',
  accessTokenFormat: 'jwt',
  accessTokenTTL: LIFETIME_S,
  jwt: { sign: { alg: 'RS256' } },
};
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  clients: [
    {
      client_id: 'monitor',
      client_secret: 'a s3cret: of/tests+%',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: 'feeds:read',
    },
  ],
  scopes: ['feeds:read', 'feeds:write'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:feeds',
      getResourceServerInfo: () => feeds,
      useGrantedResource: () => true,
    },
  },
});

// When a token expires, in Unix milliseconds; nothing if it is not valid.
function expires(authorization = '') {
  const [header, payload, signature] = authorization.replace(/^Bearer /, '').split('.');
  if (!signature) return undefined;
  const verify = createVerify('RSA-SHA256').update(`${header}.${payload}`);
  if (!verify.verify(publicKey, signature, 'base64url')) return undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const isOurs = claims.iss === issuer && claims.aud === 'feeds' && claims.scope === 'feeds:read';
  return isOurs && claims.exp * 1000 > Date.now() ? claims.exp * 1000 : undefined;
}

const answer = provider.callback();
const http = createServer((request, response) => (request.url === '/hang' ? undefined : answer(request, response)));
const sockets = new WebSocketServer({ noServer: true });
http.on('upgrade', (request, socket, head) => {
  const until = expires(request.headers.authorization);
  if (!until) {
    socket.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error="invalid_token"\r\nConnection: close\r\n\r\n');
    return;
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    setTimeout(() => client.close(4401, 'token expired'), until - Date.now());
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
  });
});
http.listen(port, '127.0.0.1', () => console.error('ready'));
process.stdin.resume().on('end', () => process.exit());
