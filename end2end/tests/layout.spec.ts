import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { addMany, button, hydrated, row, rows, searchBox } from '../support/dashboard';

const WIDTHS = [360, 768, 1440];
const LONG = 'n'.repeat(128);

async function expectNoOverflow(page: Page, what: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(beyond, `${what} at ${width} px`).toBe(0);
  }
}

test('no page is wider than the screen', async ({ admin, upstream }) => {
  upstream.refuse('feed-0', 403);
  await addMany(admin, [LONG, ...Array.from({ length: 59 }, (_, index) => `feed-${index}`)]);
  await expectNoOverflow(admin, 'the first page');
  await searchBox(admin).fill(LONG);
  await expect(row(admin, LONG)).toBeVisible();
  await expect(rows(admin)).toHaveCount(1);
  await expectNoOverflow(admin, 'the longest name');

  for (const path of ['/admin', '/admin/audit', '/admin/account', '/docs/monitoring/overview', '/docs/monitoring/profiles', `/admin/websocket-monitor/${LONG}`]) {
    await admin.goto(path);
    await hydrated(admin);
    if (path.endsWith(LONG)) await admin.getByText('Options', { exact: true }).click();
    await expectNoOverflow(admin, path);
  }
  await button(admin, 'Sign out').click();
  await expect(button(admin, 'Sign in')).toBeVisible();
  await expectNoOverflow(admin, 'the login');
});

test('actions stay within reach on a phone', async ({ admin }) => {
  await addMany(admin, ['data-feed']);
  await admin.setViewportSize({ width: 360, height: 740 });
  for (const name of ['Disconnect data-feed', 'Remove data-feed']) {
    await button(admin, name).scrollIntoViewIfNeeded();
    await expect(button(admin, name)).toBeInViewport({ ratio: 1 });
  }
});

test.describe('theme', () => {
  test.use({ colorScheme: 'light' });

  const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  test('follows the system, or the choice, which lasts', async ({ admin }) => {
    const theme = admin.getByRole('combobox', { name: 'Theme' });
    await theme.selectOption('System');
    const light = await background(admin);
    await admin.emulateMedia({ colorScheme: 'dark' });
    const dark = await background(admin);
    expect(dark).not.toBe(light);

    await theme.selectOption('Light');
    await expect.poll(() => background(admin)).toBe(light);
    await admin.reload();
    await hydrated(admin);
    expect(await background(admin)).toBe(light);
    await expect(theme.locator('option:checked')).toHaveText('Light');

    await admin.emulateMedia({ colorScheme: 'light' });
    await theme.selectOption('Dark');
    await expect.poll(() => background(admin)).toBe(dark);
  });
});
