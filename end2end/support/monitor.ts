import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(__dirname, '../..');
const BINARY = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'debug/websocket-monitor');

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

export const PASSWORD = 'correct horse battery staple';

/** One running WebSocket Monitor with a store of its own. */
export class Monitor {
  private constructor(
    readonly url: string,
    private process: ChildProcess,
    private readonly args: string[],
    private readonly dataDir: string,
    private readonly lines: string[],
  ) {}

  static async start(options: { baseUrl: string; demo: boolean; services?: Record<string, string> }): Promise<Monitor> {
    const dataDir = await mkdtemp(join(tmpdir(), 'wsmon-'));
    const args = ['--base-url', options.baseUrl, '--data-dir', dataDir, '--log-format', 'json'];
    if (options.demo) args.push('--demo');
    for (const [name, url] of Object.entries(options.services ?? {})) args.push('--service', `${name}=${url}`);
    const lines: string[] = [];
    try {
      const { child, url } = await run([...args, '--listen', '127.0.0.1:0'], lines);
      return new Monitor(url, child, args, dataDir, lines);
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops it and starts it again on the same store and address. */
  async restart(): Promise<void> {
    await this.end();
    const { child } = await run([...this.args, '--listen', new URL(this.url).host], this.lines);
    this.process = child;
  }

  /** Everything it wrote on stderr so far. */
  get log(): string {
    return this.lines.join('\n');
  }

  /** Asks it to stop, as a service manager does; one that does not within the limit is a failure. */
  async stop(): Promise<void> {
    try {
      await this.end();
    } finally {
      await rm(this.dataDir, { recursive: true, force: true });
    }
  }

  private async end(): Promise<void> {
    let late = false;
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      const limit = setTimeout(() => {
        late = true;
        this.process.kill('SIGKILL');
      }, STOP_LIMIT_MS);
      await exited;
      clearTimeout(limit);
    }
    if (late) throw new Error(`did not stop within ${STOP_LIMIT_MS} ms of SIGTERM`);
  }
}

/** The developer's environment without the settings that would reach the monitor under test. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WSMON|LEPTOS)_/.test(name)));
}

/** Starts the program, and resolves once it listens. */
async function run(args: string[], lines: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(BINARY, args, {
    cwd: ROOT,
    env: { ...ownEnvironment(), RUST_LOG: 'info', WSMON_ADMIN_PASSWORD: PASSWORD },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    return { child, url: await listening(child, lines) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** Reads the log up to the line that says where it listens; keeps reading it afterwards. */
function listening(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error([`${BINARY} ${why}`, ...lines].join('\n')));
    const limit = setTimeout(() => fail(`did not listen within ${START_LIMIT_MS} ms`), START_LIMIT_MS);

    child.once('error', (error) => fail(`cannot be started, build it first: ${error.message}`));
    child.once('close', (code) => fail(`ended with code ${code}`));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lines.push(line);
      const url = listeningUrl(line);
      if (url) {
        clearTimeout(limit);
        resolve(url);
      }
    });
  });
}

function listeningUrl(line: string): string | undefined {
  try {
    const { message, url } = JSON.parse(line);
    return message === 'listening' ? url : undefined;
  } catch {
    return undefined;
  }
}
