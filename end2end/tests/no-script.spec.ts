import { expect, test } from '../fixtures';
import {
  add, button, column, expectStatus, filter, nameBox, notice, row, rows, searchBox, signIn, summary,
} from '../support/dashboard';

const DASHBOARD = '/admin/websocket-monitor';

// No script at all, as before the page's own has come.
test.use({ javaScriptEnabled: false });

test.beforeEach(async ({ page }) => {
  await page.goto(DASHBOARD);
  await signIn(page);
  await expect(page).toHaveURL(new RegExp(`${DASHBOARD}$`));
});

test('connects, disconnects, switches and removes, and says what came of it', async ({ page, upstream }) => {
  await add(page, 'data-feed');
  await expect(notice(page, 'data-feed')).toContainText('data-feed is connected.');
  await expectStatus(page, 'data-feed', 'connected');
  expect(upstream.sockets('data-feed')).toHaveLength(1);
  // What only scripts do is not offered.
  await expect(page.getByRole('checkbox', { name: /^Select/ })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Keys' })).toHaveCount(0);

  await button(page, 'Disconnect data-feed').click();
  await expect(notice(page, 'data-feed')).toContainText('stays so until it is connected again');
  await expectStatus(page, 'data-feed', 'disconnected');
  expect(upstream.sockets('data-feed')).toHaveLength(0);
  await page.reload();
  await expect(page.getByRole('status')).toBeHidden();

  await row(page, 'data-feed').getByRole('switch').click();
  await expect(row(page, 'data-feed').getByRole('switch')).not.toBeChecked();
  await button(page, 'Connect data-feed').click();
  await expectStatus(page, 'data-feed', 'connected');
  await expect(row(page, 'data-feed').getByRole('switch')).not.toBeChecked();
  await button(page, 'Remove data-feed').click();
  await expect(rows(page)).toHaveCount(0);

  // The same operations, so the same log.
  await page.goto('/admin/audit');
  const actions = page.locator('tr[data-action]').evaluateAll((all) => all.map((entry) => entry.getAttribute('data-action')));
  expect((await actions).reverse()).toEqual(['log-in', 'connect', 'disconnect', 'auto-reconnect-off', 'connect', 'remove']);
});

test('says what is wrong with a name, and why a connection failed', async ({ page, upstream }) => {
  await add(page, 'data feed');
  await expect(page.getByRole('status')).toContainText('A space is not allowed');
  await expect(rows(page)).toHaveCount(0);

  upstream.refuse('broken', 403);
  await add(page, 'broken');
  await expect(page.getByRole('status')).toContainText('broken did not connect');
  await expect(row(page, 'broken')).toContainText('403');
});

test('searches, filters, sorts and pages', async ({ page }) => {
  test.slow();
  for (let number = 1; number <= 52; number += 1) {
    await page.request.post(DASHBOARD, { form: { add: '', endpoint: `item-${String(number).padStart(2, '0')}` }, maxRedirects: 0 });
  }
  await page.goto(DASHBOARD);
  await expect(summary(page, 'total')).toHaveText('52');
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(rows(page)).toHaveCount(2);

  await column(page, 'Endpoint').getByRole('link').click();
  await expect(column(page, 'Endpoint')).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(page).first()).toHaveAttribute('data-endpoint', 'item-52');
  await searchBox(page).fill('item-0');
  await searchBox(page).press('Enter');
  await expect(rows(page)).toHaveCount(9);
  await expect(rows(page).first()).toHaveAttribute('data-endpoint', 'item-09');
  await expect(page).toHaveURL((url) => url.searchParams.get('sort') === '-endpoint');

  // What is done on a view of the list leads back to it.
  await button(page, 'Disconnect item-03').click();
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === 'item-0');
  await expectStatus(page, 'item-03', 'disconnected');
  await filter(page, 'Disconnected').click();
  await expect(rows(page)).toHaveCount(1);
});

test('a connection has its page', async ({ page }) => {
  await add(page, 'data-feed');
  await page.getByRole('link', { name: 'data-feed', exact: true }).click();
  await button(page, 'Disconnect data-feed').click();
  await expect(page).toHaveURL(/\/data-feed$/);
  await expect(page.locator('[data-status="disconnected"]')).toBeVisible();
  await button(page, 'Resume').click();
  await expect(page.getByRole('status')).toContainText('data-feed is resumed.');
  await button(page, 'Remove data-feed').click();
  await expect(page).toHaveURL(new RegExp(`${DASHBOARD}$`));
  await expect(page.getByRole('status')).toContainText('data-feed is removed.');
  await expect(nameBox(page)).toBeVisible();
});

test('saves options, says beside a field what is wrong with it, and tells the second of two', async ({ page, upstream, complaints }) => {
  complaints.allow(/Failed to load resource.*\b(409|422)\b/);
  await add(page, 'data-feed');
  await page.getByRole('link', { name: 'data-feed', exact: true }).click();
  await page.getByText('Options', { exact: true }).click();
  await page.getByLabel('Ping every (ms)').fill('soon');
  await page.getByLabel('Bearer token').fill('t0ken');
  await button(page, 'Save options').click();
  const pings = page.getByLabel('Ping every (ms)');
  await expect(pings).toHaveAccessibleDescription(/“soon” is not a number/);
  await expect(pings).toBeFocused();
  await expect(pings).toHaveValue('soon');

  await pings.fill('20000');
  await button(page, 'Save options').click();
  await expect(page.getByRole('status')).toContainText('data-feed has new options');
  await expect(pings).toHaveValue('20000');
  await expect.poll(() => upstream.headers('data-feed')?.authorization).toBe('Bearer t0ken');

  const form = { ping_interval_ms: '30000', 'save-options': '' };
  expect((await page.request.post(page.url(), { form, maxRedirects: 0 })).status()).toBe(303);
  await button(page, 'Save options').click();
  await expect(page.getByRole('alert')).toContainText('Somebody else has changed these options');
  await expect(pings).toHaveValue('20000');
  await button(page, 'Load the options that hold now').click();
  await expect(pings).toHaveValue('30000');
  await expect(pings).toBeInViewport();
});
