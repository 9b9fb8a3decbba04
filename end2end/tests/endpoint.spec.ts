import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { add, button, expectStatus, hydrated, signIn } from '../support/dashboard';

/** Opens the options on a connection's page, loaded anew; with a name, of one that is added for it. */
async function openOptions(page: Page, name?: string): Promise<void> {
  if (name !== undefined) {
    await add(page, name);
    await expectStatus(page, name, 'connected');
  }
  await page.goto(name === undefined ? new URL(page.url()).pathname : `/admin/websocket-monitor/${name}`);
  await page.getByText('Options', { exact: true }).click();
}

/** Saves the options; resolves with the status of the answer once its page is there. */
async function save(page: Page): Promise<number> {
  // As long as a navigation may take.
  const limit = { timeout: 30_000 };
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST' && response.request().isNavigationRequest(), limit),
    page.waitForEvent('domcontentloaded', limit),
    button(page, 'Save options').click(),
  ]);
  return answer.status();
}

test('a connection has a page that tells what happened to it', async ({ admin, upstream }) => {
  upstream.refuse('market/eu', 403);
  await add(admin, 'market/eu');
  await expectStatus(admin, 'market/eu', 'disconnected');
  await admin.getByRole('link', { name: 'market/eu' }).click();
  await expect(admin).toHaveURL(/\/admin\/websocket-monitor\/market\/eu$/);
  await expect(admin.getByRole('heading', { name: 'market/eu' })).toBeVisible();
  const events = admin.getByRole('table', { name: 'Events' }).getByRole('row');
  await expect(events.filter({ hasText: 'Blocked · attempt 1' })).toContainText('HTTP 403 Forbidden', { timeout: 10_000 });
  await expect(events.filter({ hasText: 'Asked to connect' })).toBeVisible();

  await button(admin, 'Pause').click();
  await expect(admin.getByText('Not tried again')).toBeVisible();
  await admin.reload();
  await hydrated(admin);
  await expect(admin.getByText('Not tried again')).toBeVisible();
  upstream.accept('market/eu');
  await button(admin, 'Resume').click();
  await expect(admin.locator('[data-status="connected"]')).toBeVisible();
  await expect(button(admin, 'Disconnect market/eu')).toBeVisible();
});

test('options hold at once, and a secret is never shown again', async ({ admin, upstream, complaints }) => {
  complaints.allow(/Failed to load resource.*\b422\b/);
  await openOptions(admin, 'data-feed');
  await admin.getByLabel('Headers').fill('X-Key: k3y\nHost: elsewhere');
  await admin.getByLabel('Bearer token').fill('t0ken');
  expect(await save(admin)).toBe(422);
  await expect(admin.getByRole('alert').filter({ hasText: '“Host” cannot be used as a header' })).toBeInViewport();
  await expect(admin.getByLabel('Headers')).toBeFocused();
  await expect(admin.getByLabel('Bearer token')).toHaveValue('t0ken');

  await admin.getByLabel('Headers').fill('X-Key: k3y');
  expect(await save(admin)).toBe(303);
  await expect(admin.getByRole('status')).toContainText('has new options');
  await expect(admin.getByRole('status')).toBeInViewport();
  await expect(admin.getByLabel('Bearer token'), 'where one was').toBeInViewport();
  await expect.poll(() => upstream.headers('data-feed')?.authorization).toBe('Bearer t0ken');
  expect(upstream.headers('data-feed')?.['x-key']).toBe('k3y');
  await expect.poll(() => upstream.sockets('data-feed').length).toBe(1);

  const page = await admin.goto('/admin/websocket-monitor/data-feed');
  const html = await page!.text();
  expect(html).not.toContain('t0ken');
  expect(html).not.toContain('k3y');
  await admin.getByText('Options', { exact: true }).click();
  await expect(admin.getByLabel('Bearer token')).toHaveValue('••••••');
  await admin.getByLabel('Longest silence (ms)').fill('60000');
  expect(await save(admin)).toBe(303);
  await expect.poll(() => upstream.attempts.filter((name) => name === 'data-feed').length).toBe(3);
  expect(upstream.headers('data-feed')?.authorization, 'the mask stands for what was there').toBe('Bearer t0ken');
});

test('masked headers keep each its own secret, and a mask without one is refused beside the field', async ({ admin, upstream, complaints }) => {
  complaints.allow(/Failed to load resource.*\b422\b/);
  await openOptions(admin, 'data-feed');
  await admin.getByLabel('Headers').fill('X-Key: first\nX-Key: second');
  expect(await save(admin)).toBe(303);
  await expect(admin.getByLabel('Headers')).toHaveValue('X-Key: ••••••\nX-Key: ••••••');

  await admin.getByLabel('Headers').fill('X-Key: ••••••\nRenamed: ••••••');
  expect(await save(admin)).toBe(422);
  const problem = admin.locator('#headers-problem');
  await expect(problem).toBeVisible();
  await expect(admin.getByLabel('Headers')).toHaveAttribute('aria-invalid', 'true');
  await expect(admin.getByLabel('Headers')).toHaveAccessibleDescription(/it is not clear which stays/);
  await expect(admin.getByLabel('Headers')).toHaveValue('X-Key: ••••••\nRenamed: ••••••');

  await admin.getByLabel('Headers').fill('X-Key: ••••••\nX-Key: ••••••\nX-Other: o');
  expect(await save(admin)).toBe(303);
  await expect(problem).toBeHidden();
  await expect.poll(() => upstream.headers('data-feed')?.['x-other']).toBe('o');
  expect(upstream.headers('data-feed')?.['x-key']).toBe('first, second');
});

test('of two who save options at once the second is told, and loses nothing typed', async ({ admin, browser, complaints }) => {
  complaints.allow(/Failed to load resource.*\b409\b/);
  await openOptions(admin, 'data-feed');
  const elsewhere = await browser.newContext({ baseURL: new URL('/', admin.url()).href });
  const other = await elsewhere.newPage();
  await other.goto('/admin/websocket-monitor/data-feed');
  await signIn(other);
  await expect(other).toHaveURL(/\/data-feed$/);
  await openOptions(other);

  await admin.getByLabel('Headers').fill('X-Key: mine');
  expect(await save(admin)).toBe(303);
  await other.getByLabel('Headers').fill('X-Key: theirs');
  await other.getByLabel('Longest silence (ms)').fill('60000');
  expect(await save(other)).toBe(409);
  const alert = other.getByRole('alert').filter({ hasText: 'Somebody else has changed these options' });
  await expect(alert).toBeFocused();
  await expect(alert).toBeInViewport();
  await expect(other.getByLabel('Headers')).toHaveValue('X-Key: theirs');

  await button(other, 'Load the options that hold now').click();
  await expect(other.getByLabel('Headers')).toHaveValue('X-Key: ••••••');
  await expect(other.getByLabel('Longest silence (ms)')).toHaveValue('');
  await other.getByLabel('Longest silence (ms)').fill('60000');
  expect(await save(other)).toBe(303);
  // One who saves twice is nobody else.
  await other.getByLabel('Longest silence (ms)').fill('70000');
  expect(await save(other)).toBe(303);
  await expect(other.getByLabel('Longest silence (ms)')).toHaveValue('70000');
  await elsewhere.close();
});

test('what is wanted survives a restart', async ({ admin, monitor, upstream }) => {
  await add(admin, 'stays');
  await expectStatus(admin, 'stays', 'connected');
  await add(admin, 'is-off');
  await expectStatus(admin, 'is-off', 'connected');
  await button(admin, 'Disconnect is-off').click();
  await expectStatus(admin, 'is-off', 'disconnected');
  await monitor.restart();
  await expect.poll(() => upstream.sockets('stays').length).toBe(1);
  await admin.reload();
  await hydrated(admin);
  await expectStatus(admin, 'stays', 'connected');
  await expectStatus(admin, 'is-off', 'disconnected');
});

test('a feed that is quiet for longer than it may be is connected, and marked on both pages', async ({ admin }) => {
  await openOptions(admin, 'data-feed');
  await expect(admin.getByText('nothing received yet')).toBeVisible();
  await expect(admin.locator('[data-stale]')).toHaveCount(0);
  await admin.getByLabel('Longest silence (ms)').fill('500');
  await button(admin, 'Save options').click();
  await expect(admin.getByRole('status')).toContainText('has new options');
  const mark = admin.locator('[data-stale="configured"]');
  await expect(mark).toHaveText('Silent', { timeout: 15_000 });
  await expect(admin.getByText(/^no message for \d+ s; at most 0\.5 s by its options$/)).toBeVisible();
  await expect(admin.locator('[data-status="connected"]')).toBeVisible();
  await admin.goto('/admin/websocket-monitor');
  await hydrated(admin);
  await expect(mark).toHaveText('Silent');
  await expectStatus(admin, 'data-feed', 'connected');
});
