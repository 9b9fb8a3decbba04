import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { expectAge, mostUnderWay, pass, passToPoll, sent, stopTheClock } from '../support/clock';
import { add, button, expectStatus, row } from '../support/dashboard';


const POLL = '**/api/list_connections*';

/** The browser logs every request that a test makes fail. */
const FAILED_REQUEST = /Failed to load resource|Failed to fetch/;

async function setVisibility(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate((visibility) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility });
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => visibility === 'hidden' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
}

test('polls once every 5 seconds', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);

  const first = await sent(admin);
  for (const polls of [1, 2, 3, 4]) {
    await pass(admin, 4);
    await expectAge(admin, 4);
    expect(await sent(admin)).toBe(first + polls - 1);
    await pass(admin, 1);
    expect(await sent(admin)).toBe(first + polls);
    await expectAge(admin, 0);
  }
});

test('Refresh now does not wait for the next poll', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  await pass(admin, 3);
  await expectAge(admin, 3);

  await button(admin, 'Refresh now').click();
  await expectAge(admin, 0);
});

test('never has two polls under way', async ({ admin, complaints }) => {
  // The page may give up on a request that hangs.
  complaints.allow(FAILED_REQUEST);
  await stopTheClock(admin);

  const held: Array<() => void> = [];
  await admin.route(POLL, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await route.continue().catch(() => {});
  });
  await passToPoll(admin);
  await pass(admin, 20);
  expect(await mostUnderWay(admin)).toBe(1);

  await admin.unroute(POLL);
  for (const answer of held) answer();
  await passToPoll(admin);
  await expectAge(admin, 0);
  expect(await mostUnderWay(admin)).toBe(1);
});

test('rests while the page is hidden', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  const before = await sent(admin);

  await setVisibility(admin, 'hidden');
  await pass(admin, 60);
  expect(await sent(admin)).toBe(before);

  await setVisibility(admin, 'visible');
  if ((await sent(admin)) === before) await passToPoll(admin);
  await expectAge(admin, 0);
  expect(await sent(admin)).toBe(before + 1);
});

test('rests while paused', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  const before = await sent(admin);

  await button(admin, 'Pause').click();
  await expect(button(admin, 'Resume')).toBeVisible();
  await pass(admin, 30);
  await expectAge(admin, 30);
  expect(await sent(admin)).toBe(before);

  await button(admin, 'Resume').click();
  await expect(button(admin, 'Pause')).toBeVisible();
  if ((await sent(admin)) === before) await passToPoll(admin);
  await expectAge(admin, 0);
});

test('stops when the page is left for another of its own', async ({ admin }) => {
  await add(admin, 'data-feed');
  await expectStatus(admin, 'data-feed', 'connected');
  await stopTheClock(admin);
  await passToPoll(admin);
  const polls: string[] = [];
  admin.on('request', (request) => polls.push(new URL(request.url()).pathname));
  await admin.getByRole('link', { name: 'data-feed' }).click();
  await expect(admin.getByRole('heading', { name: 'data-feed' })).toBeVisible();
  await expect(async () => {
    await pass(admin, 1);
    await expect(admin.locator('html[data-hydrated]')).toBeAttached({ timeout: 500 });
  }).toPass();

  // The connection's page polls, which shows that time passes.
  const details = admin.waitForRequest('**/api/load_endpoint*');
  await pass(admin, 30);
  await details;
  expect(polls).not.toContain('/api/list_connections');
});

test('a failed poll keeps the rows and says so, until one works', async ({ admin, complaints }) => {
  complaints.allow(FAILED_REQUEST);
  await add(admin, 'data-feed');
  await expectStatus(admin, 'data-feed', 'connected');
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);

  const banner = admin.getByRole('alert').filter({ hasText: 'Refresh failed' });
  await admin.route(POLL, (route) => route.abort());
  await pass(admin, 5);
  await expect(banner).toBeVisible();
  await expectStatus(admin, 'data-feed', 'connected');
  await pass(admin, 2);
  await expect(banner).toBeVisible();
  await expectAge(admin, 7);

  await admin.unroute(POLL);
  await passToPoll(admin);
  await expect(banner).toHaveCount(0);
  await expectAge(admin, 0);
  await expectStatus(admin, 'data-feed', 'connected');
});

test('the last message is never said to be older than is known', async ({ admin, upstream }) => {
  await add(admin, 'busy');
  await expectStatus(admin, 'busy', 'connected');
  await stopTheClock(admin);
  const messages = row(admin, 'busy').locator('[data-label="Messages"]');
  const last = row(admin, 'busy').locator('[data-label="Last message"]');
  await expect(async () => {
    upstream.send('busy', 'hello');
    await passToPoll(admin);
    await expect(messages).not.toHaveText(/^0 /, { timeout: 500 });
    await expect(last).toHaveText('just now', { timeout: 500 });
  }).toPass();

  await button(admin, 'Pause').click();
  for (const seconds of [1, 2, 3, 4]) {
    await pass(admin, 1);
    await expect(last, `${seconds} s later`).toHaveText('just now');
  }
  await pass(admin, 20);
  await expect(last).toHaveText(/^within 2\d s$/);
});
