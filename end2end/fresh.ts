import { expect, test } from '@playwright/test';
import { expectStatus, hydrated, rows, signIn } from './support/dashboard';

test('who signs in with the password that was printed sees five connections', async ({ page }) => {
  await page.goto('/admin/websocket-monitor');
  await hydrated(page);
  await signIn(page, process.env.WSMON_PASSWORD);
  await hydrated(page);
  await expect(rows(page)).toHaveCount(5);
  await expectStatus(page, 'data-feed', 'connected');
});
