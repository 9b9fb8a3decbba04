import { expect, test } from '../fixtures';
import { button, hydrated, signIn } from '../support/dashboard';

const DASHBOARD = '/admin/websocket-monitor';

const path = (url: URL) => url.pathname;

test('a page asked for without a session leads to the login and back', async ({ page }) => {
  await page.goto(DASHBOARD);
  await expect(page).toHaveURL((url) => path(url) === '/login' && url.searchParams.get('next') === DASHBOARD);
  await hydrated(page);
  await expect(page.getByRole('textbox', { name: 'Username' })).toHaveValue('admin');

  await signIn(page);
  await expect(page).toHaveURL((url) => path(url) === DASHBOARD);
  await expect(page.getByRole('heading', { name: 'WebSocket Monitoring' })).toBeVisible();
});

test('the root leads to the Admin Dashboard, and that to the monitor', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveURL((url) => path(url) === '/login' && url.searchParams.get('next') === '/admin');
  await hydrated(page);
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Admin Dashboard' })).toBeVisible();
  await hydrated(page);

  await page.getByRole('region', { name: 'Admin tools' }).getByRole('link', { name: 'WebSocket Monitoring' }).click();
  await expect(page).toHaveURL((url) => path(url) === DASHBOARD);
  await expect(page.getByRole('heading', { name: 'WebSocket Monitoring' })).toBeVisible();
});

test('a wrong password is said to be wrong, and opens nothing', async ({ page, complaints }) => {
  complaints.allow(/Failed to load resource.*\b4\d\d\b/);
  await page.goto(`/login?next=${DASHBOARD}`);
  await hydrated(page);
  await signIn(page, 'not the password');
  await expect(page.getByRole('alert')).toContainText(/password/i);

  await page.goto(DASHBOARD);
  await expect(page).toHaveURL((url) => path(url) === '/login');
});

test('signing in leads nowhere but to this site', async ({ page, baseURL }) => {
  for (const next of ['https://example.com/', '//example.com/', '/\\example.com/']) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await hydrated(page);
    await signIn(page);
    await expect(page).toHaveURL((url) => url.origin === baseURL && path(url) !== '/login');
    await page.context().clearCookies();
  }
});

test('signing out ends the session', async ({ admin }) => {
  await button(admin, 'Sign out').click();
  await expect(admin).toHaveURL((url) => path(url) === '/login');

  await admin.goto(DASHBOARD);
  await expect(admin).toHaveURL((url) => path(url) === '/login');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('signing in works', async ({ page }) => {
    await page.goto(DASHBOARD);
    await signIn(page);
    await expect(page).toHaveURL((url) => path(url) === DASHBOARD);
    await expect(page.getByRole('heading', { name: 'WebSocket Monitoring' })).toBeVisible();
  });

  test('a wrong password is said to be wrong', async ({ page, complaints }) => {
    complaints.allow(/Failed to load resource.*\b4\d\d\b/);
    await page.goto(DASHBOARD);
    await signIn(page, 'not the password');
    await expect(page.getByRole('alert')).toContainText(/password/i);
  });
});
