// graphql-ws on the port that the first argument names, until its input ends. Its subscription `prices` gives a value,
// pings in the protocol's own words, and gives another once that is answered. The token `hangs` is never judged.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const { GraphQLObjectType, GraphQLSchema, GraphQLString } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { WebSocketServer } = require('ws');

const answered = new WeakMap();

async function* prices(_root, _args, { extra }) {
  yield { prices: 'first' };
  const pong = new Promise((resolve) => answered.set(extra.socket, resolve));
  extra.socket.send('{"type": "ping"}');
  await pong;
  yield { prices: 'second' };
  await new Promise(() => {});
}

const field = { type: GraphQLString, subscribe: prices };
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { version: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({ name: 'Subscription', fields: { prices: field } }),
});

const http = createServer();
useServer(
  {
    schema,
    context: (context) => context,
    onConnect: ({ connectionParams }) => {
      const token = connectionParams?.token ?? 't0ken-of-tests';
      return token === 'hangs' ? new Promise(() => {}) : token === 't0ken-of-tests';
    },
    onPong: ({ extra }) => answered.get(extra.socket)?.(),
  },
  new WebSocketServer({ server: http, path: '/graphql' }),
);
http.listen(Number(process.argv[2]), '127.0.0.1', () => console.error('ready'));
process.stdin.resume().on('end', () => process.exit());
