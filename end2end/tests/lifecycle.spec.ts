import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { add, button, expectStatus, hydrated, nameBox, notice, row, rows, summary } from '../support/dashboard';
import type { Upstream } from '../support/upstream';

const FEED = 'data-feed';
// Reconnecting waits a random time that grows with the attempts, and the page polls.
const RECONNECTED = 30_000;

test('Connect connects, and says so', async ({ admin, upstream }) => {
  await add(admin, FEED);
  await upstream.waitForConnection(FEED);

  await expectStatus(admin, FEED, 'connected');
  await expect(notice(admin, FEED)).toContainText('is connected');
  await expect(row(admin, FEED)).toContainText(`${upstream.baseUrl}${FEED}`);
  await expect(summary(admin, 'total')).toHaveText('1');
  await expect(summary(admin, 'connected')).toHaveText('1');
});

test('an attempt under way is Connecting', async ({ admin, upstream }) => {
  upstream.hold(FEED);
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connecting');

  upstream.release(FEED);
  await expectStatus(admin, FEED, 'connected');
});

test('an upstream that vanishes is told, retried and found again', async ({ admin, upstream }) => {
  test.slow();
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');

  await upstream.stop();
  await expectStatus(admin, FEED, 'disconnected', RECONNECTED);
  // A cause in words, and what happens next.
  await expect(row(admin, FEED)).toContainText(/refused|closed|lost|reset|ended/i);
  await expect(row(admin, FEED)).toContainText(/next try in \d+ s|attempt \d+/, { timeout: RECONNECTED });

  await upstream.start();
  await upstream.waitForConnection(FEED);
  await expectStatus(admin, FEED, 'connected', RECONNECTED);
});

test('a waiting connection can be retried at once', async ({ admin, upstream }) => {
  // It would wait for ten minutes.
  upstream.refuse(FEED, 503, { 'Retry-After': '600' });
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'disconnected');
  await expect(row(admin, FEED)).toContainText('503');
  await expect(button(admin, `Disconnect ${FEED}`)).toBeVisible();

  upstream.accept(FEED);
  await button(admin, `Retry ${FEED} now`).click();
  await expectStatus(admin, FEED, 'connected');
});

test('Disconnect lasts until Connect', async ({ admin, upstream }) => {
  test.slow();
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  await button(admin, `Disconnect ${FEED}`).click();
  await upstream.waitForNoConnection(FEED);
  await expectStatus(admin, FEED, 'disconnected');
  await expect(button(admin, `Disconnect ${FEED}`)).toHaveCount(0);

  // Another connection is dropped and comes back, twice: time enough for this one, had it tried.
  await otherComesBack(admin, upstream);
  expect(upstream.attemptsOn(FEED)).toBe(1);
  await expectStatus(admin, FEED, 'disconnected');

  await button(admin, `Connect ${FEED}`).click();
  await upstream.waitForConnection(FEED);
  await expectStatus(admin, FEED, 'connected');
});

test('Remove takes the row and the socket away', async ({ admin, upstream }) => {
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  await button(admin, `Remove ${FEED}`).click();

  await expect(row(admin, FEED)).toHaveCount(0);
  await upstream.waitForNoConnection(FEED);
  await expect(summary(admin, 'total')).toHaveText('0');
  await expect(admin.getByRole('heading', { name: 'No connections yet' })).toBeVisible();
});

test('a name that exists is connected again, not added again', async ({ admin, upstream }) => {
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  await button(admin, `Disconnect ${FEED}`).click();
  await expectStatus(admin, FEED, 'disconnected');

  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  await expect(rows(admin)).toHaveCount(1);
  expect(upstream.sockets(FEED)).toHaveLength(1);
});

test('without Auto Reconnect a closed connection stays closed', async ({ admin, upstream }) => {
  test.slow();
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  const autoReconnect = row(admin, FEED).getByRole('switch');
  await expect(autoReconnect).toBeChecked();
  await autoReconnect.click();
  await expect(autoReconnect).not.toBeChecked();
  await expect(autoReconnect).toBeEnabled();

  upstream.closeAll(FEED, 1011, 'out of coffee');
  await expectStatus(admin, FEED, 'disconnected');
  await otherComesBack(admin, upstream);
  expect(upstream.attemptsOn(FEED)).toBe(1);
  await expectStatus(admin, FEED, 'disconnected');
  await expect(button(admin, `Connect ${FEED}`)).toBeVisible();
});

test('Auto Reconnect can be left off from the start', async ({ admin }) => {
  await admin.getByRole('checkbox', { name: 'Auto Reconnect' }).uncheck();
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  await expect(row(admin, FEED).getByRole('switch')).not.toBeChecked();
});

test('a reload shows the same', async ({ admin, upstream }) => {
  await add(admin, FEED);
  await expectStatus(admin, FEED, 'connected');
  await add(admin, 'notifications');
  await expectStatus(admin, 'notifications', 'connected');
  await button(admin, 'Disconnect notifications').click();
  await expectStatus(admin, 'notifications', 'disconnected');
  await row(admin, FEED).getByRole('switch').click();
  await expect(row(admin, FEED).getByRole('switch')).not.toBeChecked();

  await admin.reload();
  await hydrated(admin);
  await expectStatus(admin, FEED, 'connected');
  await expectStatus(admin, 'notifications', 'disconnected');
  await expect(row(admin, FEED).getByRole('switch')).not.toBeChecked();
  await expect(row(admin, 'notifications').getByRole('switch')).toBeChecked();
  expect(upstream.attemptsOn(FEED)).toBe(1);
});

test('a Connect that fails says why, and never that it worked', async ({ admin, upstream }) => {
  upstream.refuse(FEED, 403);
  await add(admin, FEED);

  await expectStatus(admin, FEED, 'disconnected');
  await expect(row(admin, FEED)).toContainText('403');
  await expect(notice(admin, FEED)).toContainText(/403|refused|forbidden/i);
  await expect(notice(admin, FEED)).not.toContainText('is connected');

  // Blocked is not for ever: the upstream relents, a click tries again.
  upstream.accept(FEED);
  await button(admin, `Retry ${FEED} now`)
    .or(button(admin, `Connect ${FEED}`))
    .first()
    .click();
  await expectStatus(admin, FEED, 'connected');
});

test('Test shows the steps of one attempt, and leaves nothing behind', async ({ admin, upstream }) => {
  upstream.refuse('secret', 403);
  await nameBox(admin).fill('secret');
  await button(admin, 'Test').click();
  const steps = admin.getByRole('region', { name: 'Test' });
  await expect(steps.getByRole('alert')).toContainText('403');
  await expect(steps).toContainText('Failed: The upgrade to WebSocket failed');
  await expect(button(admin, 'Connect')).toHaveCount(0);

  await admin.getByRole('link', { name: '← All connections' }).click();
  await hydrated(admin);
  await expect(rows(admin)).toHaveCount(0);
  await nameBox(admin).fill('no/../name');
  await button(admin, 'Test').click();
  await expect(nameBox(admin)).toHaveAttribute('aria-invalid', 'true');

  await nameBox(admin).fill(FEED);
  await button(admin, 'Test').click();
  await expect(steps).toContainText('Upgraded to WebSocket');
  await upstream.waitForConnection(FEED);
  upstream.send(FEED, 'news');
  await expect(steps.getByRole('status')).toContainText('messages come');
  await button(admin, 'Connect').click();
  await hydrated(admin);
  await expectStatus(admin, FEED, 'connected');
});

/** An event to wait for instead of a time: an ordinary connection dropped twice and back twice. */
async function otherComesBack(page: Page, upstream: Upstream): Promise<void> {
  await add(page, 'other');
  await upstream.waitForConnection('other');
  for (const attempts of [2, 3]) {
    upstream.closeAll('other', 1011);
    await upstream.waitForAttempts('other', attempts);
    await upstream.waitForConnection('other');
  }
}
