import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** Where endpoint names are appended. */
const BASE_PATH = '/ws/';

/**
 * The application's feeds: a real WebSocket server that can vanish and come back on its port,
 * refuse, stall, and say who connected. Everywhere `name` is an endpoint name.
 */
export class Upstream {
  readonly port: number;
  /** Every upgrade request so far, refused ones included, by endpoint name. */
  readonly attempts: string[] = [];

  /** The fields of each endpoint's last upgrade request. */
  private readonly requests = new Map<string, IncomingHttpHeaders>();

  private server: Server | undefined;
  private readonly handshakes = new WebSocketServer({ noServer: true });
  private readonly open = new Map<string, Set<WebSocket>>();
  private readonly raw = new Set<Socket>();
  private readonly refusals = new Map<string, string>();
  private readonly held = new Map<string, Array<() => void>>();
  /** Fires `change` whenever a socket opens or closes, or an attempt arrives. */
  private readonly changes = new EventEmitter().setMaxListeners(0);

  private constructor(port: number) {
    this.port = port;
  }

  /**
   * Listens on the first free port from `from` on. Callers choose it below the system's range
   * of ephemeral ports, so that no outgoing connection takes it while the upstream is down.
   */
  static async listen(from: number): Promise<Upstream> {
    for (let port = from; ; port += 1) {
      const upstream = new Upstream(port);
      try {
        await upstream.start();
        return upstream;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  get baseUrl(): string {
    return `ws://127.0.0.1:${this.port}${BASE_PATH}`;
  }

  async start(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    server.on('connection', (socket) => {
      this.raw.add(socket);
      socket.on('close', () => this.raw.delete(socket));
      // A peer that vanishes mid-handshake is not this test's failure.
      socket.on('error', () => {});
    });
    server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
  }

  /** Cuts every connection without a close frame, as a crash does, and stops listening. */
  async stop(): Promise<void> {
    if (!this.server) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server = undefined;
    for (const socket of this.raw) socket.destroy();
    await closed;
  }

  /** Answers upgrades for this endpoint with an HTTP status, until `accept`. */
  refuse(name: string, status: number, headers: Record<string, string> = {}, body = ''): void {
    const length = String(Buffer.byteLength(body));
    const lines = Object.entries({ ...headers, Connection: 'close', 'Content-Length': length });
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines.map(([field, value]) => `${field}: ${value}`)];
    this.refusals.set(name, `${head.join('\r\n')}\r\n\r\n${body}`);
  }

  accept(name: string): void {
    this.refusals.delete(name);
  }

  /** Leaves upgrades for this endpoint unanswered, until `release`. */
  hold(name: string): void {
    this.held.set(name, []);
  }

  release(name: string): void {
    const waiting = this.held.get(name) ?? [];
    this.held.delete(name);
    for (const answer of waiting) answer();
  }

  sockets(name: string): WebSocket[] {
    return [...(this.open.get(name) ?? [])];
  }

  attemptsOn(name: string): number {
    return this.attempts.filter((attempt) => attempt === name).length;
  }

  headers(name: string): IncomingHttpHeaders | undefined {
    return this.requests.get(name);
  }

  send(name: string, text: string): void {
    for (const socket of this.sockets(name)) socket.send(text);
  }

  closeAll(name: string, code?: number, reason?: string): void {
    for (const socket of this.sockets(name)) socket.close(code, reason);
  }

  /** Resolves once a connection of this endpoint is open. */
  waitForConnection(name: string): Promise<void> {
    return this.until(() => this.sockets(name).length > 0);
  }

  /** Resolves once no connection of this endpoint is open. */
  waitForNoConnection(name: string): Promise<void> {
    return this.until(() => this.sockets(name).length === 0);
  }

  /** Resolves once this endpoint has been tried `count` times in all. */
  waitForAttempts(name: string, count: number): Promise<void> {
    return this.until(() => this.attemptsOn(name) >= count);
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.changes, 'change');
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? '/', this.baseUrl);
    const name = pathname.startsWith(BASE_PATH) ? pathname.slice(BASE_PATH.length) : pathname;
    this.attempts.push(name);
    this.requests.set(name, request.headers);
    this.changes.emit('change');

    const refusal = this.refusals.get(name);
    if (refusal !== undefined) {
      socket.end(refusal);
      return;
    }
    const answer = () => {
      if (socket.destroyed) return;
      this.handshakes.handleUpgrade(request, socket, head, (accepted) => this.opened(name, accepted));
    };
    const waiting = this.held.get(name);
    if (waiting) waiting.push(answer);
    else answer();
  }

  private opened(name: string, socket: WebSocket): void {
    const sockets = this.open.get(name) ?? new Set();
    this.open.set(name, sockets.add(socket));
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      this.changes.emit('change');
    });
    this.changes.emit('change');
  }
}
