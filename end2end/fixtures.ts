import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { hydrated, signIn } from './support/dashboard';
import { Monitor } from './support/monitor';
import { Upstream } from './support/upstream';

export { expect };

export type Options = {
  /** Start the monitor with sample feeds of its own instead of `upstream`. */
  demo: boolean;
  /** Tell the monitor of a second service, `other`, as well. */
  twoServices: boolean;
};

type Fixtures = {
  /** The feeds the monitor connects to. */
  upstream: Upstream;
  /** The feeds of the service `other`; listened to by nobody without `twoServices`. */
  other: Upstream;
  /** A monitor of this test's own. */
  monitor: Monitor;
  /** A page that is signed in, on the dashboard and hydrated. */
  admin: Page;
  /** What the browser complained about. Fails every test that does not allow for it. */
  complaints: Complaints;
};

class Complaints {
  readonly seen: string[] = [];
  private readonly allowed: RegExp[] = [];

  /** For a test that provokes a complaint itself, such as a request it aborts. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern);
  }

  get unexpected(): string[] {
    return this.seen.filter((text) => !this.allowed.some((pattern) => pattern.test(text)));
  }

  async listen(context: BrowserContext): Promise<void> {
    context.on('weberror', (error) => this.seen.push(`uncaught: ${error.error().message}`));
    context.on('console', (message) => {
      const text = message.text();
      // Leptos warns of hydration mismatches and of signals read where nothing tracks them.
      const ours = message.type() === 'warning' && /hydrat|reactive|tracking|leptos|panick/i.test(text);
      if (message.type() === 'error' || ours) this.seen.push(`${message.type()}: ${text}`);
    });
    await context.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', (violation) =>
        console.error(`policy violation: ${violation.effectiveDirective} ${violation.blockedURI}`),
      ),
    );
  }
}

export const test = base.extend<Fixtures & Options>({
  demo: [false, { option: true }],
  twoServices: [false, { option: true }],

  upstream: async ({}, use, testInfo) => {
    // A thousand ports a worker, below the ephemeral range.
    const upstream = await Upstream.listen(20_000 + 1000 * testInfo.parallelIndex);
    await use(upstream);
    await upstream.stop();
  },

  other: async ({}, use, testInfo) => {
    const other = await Upstream.listen(20_500 + 1000 * testInfo.parallelIndex);
    await use(other);
    await other.stop();
  },

  monitor: async ({ upstream, demo, twoServices, other }, use, testInfo) => {
    // The sample feeds take over the port the upstream found free.
    if (demo) await upstream.stop();
    const monitor = await Monitor.start({
      baseUrl: upstream.baseUrl,
      demo,
      services: twoServices ? { other: other.baseUrl } : {},
    });
    await use(monitor);
    try {
      await monitor.stop();
    } finally {
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('monitor.log', { body: monitor.log, contentType: 'text/plain' });
      }
    }
  },

  // Every context a test opens belongs to its own monitor.
  baseURL: async ({ monitor }, use) => use(monitor.url),

  complaints: [
    async ({ context }, use) => {
      const complaints = new Complaints();
      await complaints.listen(context);
      await use(complaints);
      expect(complaints.unexpected, 'complaints of the browser').toEqual([]);
    },
    { auto: true },
  ],

  admin: async ({ page }, use) => {
    await page.goto('/admin/websocket-monitor');
    await hydrated(page);
    await signIn(page);
    await expect(page).toHaveURL(/\/admin\/websocket-monitor$/);
    await hydrated(page);
    await use(page);
  },
});
