import { expect, test } from '../fixtures';
import { add, button, expectStatus, hydrated, row, signIn } from '../support/dashboard';
import { PASSWORD } from '../support/monitor';

test('the audit log tells what was done, newest first, and filters', async ({ admin, upstream }) => {
  upstream.refuse('broken', 403);
  await add(admin, 'broken');
  await expectStatus(admin, 'broken', 'disconnected');
  await button(admin, 'Remove broken').click();
  await expect(row(admin, 'broken')).toHaveCount(0);

  await admin.getByRole('link', { name: 'Audit' }).click();
  const rows = admin.locator('tr[data-action]');
  await expect(rows.nth(0)).toContainText('Remove');
  await expect(rows.nth(1)).toContainText('Failed');
  await expect(rows.nth(1)).toContainText('HTTP 403 Forbidden');
  await expect(rows.nth(2)).toContainText('Sign in');
  await expect(rows).toHaveCount(3);

  await admin.getByRole('combobox', { name: 'Action' }).selectOption('Connect');
  await expect(rows).toHaveCount(1);
  await expect(admin).toHaveURL(/action=connect/);
  await admin.reload();
  await hydrated(admin);
  await expect(rows).toHaveCount(1);
  await expect(admin.getByRole('combobox', { name: 'Action' })).toHaveValue('connect');

  await admin.getByRole('searchbox', { name: 'Search the audit log' }).fill('nobody');
  await button(admin, 'Search').click();
  await expect(admin.getByText('Nothing is written down that matches.')).toBeVisible();
});

test('the password is changed, and the old one lets nobody in', async ({ admin, browser, complaints }) => {
  complaints.allow(/Failed to load resource.*\b4\d\d\b/);
  const elsewhere = await browser.newContext({ baseURL: new URL('/', admin.url()).href });
  const other = await elsewhere.newPage();
  await other.goto('/admin');
  await signIn(other);
  await expect(other.getByRole('heading', { name: 'Admin Dashboard' })).toBeVisible();

  await admin.goto('/admin/account');
  await hydrated(admin);
  await expect(admin.getByRole('listitem')).toHaveCount(2);
  const news = admin.getByRole('status');
  const fill = async (current: string, changed: string, again: string) => {
    await admin.getByLabel('Current password', { exact: true }).fill(current);
    await admin.getByLabel('New password', { exact: true }).fill(changed);
    await admin.getByLabel('New password, again', { exact: true }).fill(again);
    await button(admin, 'Change password').click();
  };
  await fill('wrong', 'a long new password', 'a long new password');
  await expect(news).toHaveText('The current password is wrong.');
  await fill(PASSWORD, 'a long new password', 'another one');
  await expect(news).toHaveText('The new password and its repetition differ.');
  await fill(PASSWORD, 'a long new password', 'a long new password');
  await expect(news).toContainText('The password is changed');
  await expect(admin.getByRole('listitem')).toHaveCount(1);

  await other.reload();
  await expect(other).toHaveURL(/\/login/);
  await signIn(other);
  await expect(other.getByRole('alert')).toContainText('wrong');
  await signIn(other, 'a long new password');
  await expect(other.getByRole('heading', { name: 'Admin Dashboard' })).toBeVisible();

  await button(admin, 'Sign out').click();
  await expect(admin).toHaveURL(/\/login/);
  await elsewhere.close();
});

test('another session is ended from the list', async ({ admin, browser }) => {
  const elsewhere = await browser.newContext({ baseURL: new URL('/', admin.url()).href });
  const other = await elsewhere.newPage();
  await other.goto('/admin');
  await signIn(other);
  await expect(other.getByRole('heading', { name: 'Admin Dashboard' })).toBeVisible();

  await admin.goto('/admin/account');
  await hydrated(admin);
  await admin.getByRole('button', { name: /^End the session/ }).click();
  await expect(admin.getByRole('status')).toHaveText('The session has ended.');
  await expect(admin.getByRole('listitem')).toHaveCount(1);
  await other.reload();
  await expect(other).toHaveURL(/\/login/);
  await elsewhere.close();
});
