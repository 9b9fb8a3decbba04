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

test('what pages load comes compressed from the build and is kept by browsers', async ({ page }) => {
  const loaded = ['css', 'js', 'wasm'].map((kind) => page.waitForResponse(new RegExp(`/pkg/[^/]+\\.${kind}$`)));
  await page.goto('/admin/websocket-monitor');
  await signIn(page, process.env.WSMON_PASSWORD);
  for (const response of await Promise.all(loaded)) {
    expect(response.status(), response.url()).toBe(200);
    expect(await response.allHeaders(), response.url()).toMatchObject({
      'accept-ranges': 'bytes', // of a file; what is compressed for each request has none
      'content-encoding': 'br',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  }
});

test('what is not of the package is there as well, and what is nowhere has a page', async ({ page }) => {
  const icon = await page.request.get('/favicon.svg');
  expect([icon.status(), icon.headers()['content-type']]).toEqual([200, 'image/svg+xml']);
  const nowhere = await page.goto('/no/such/page');
  expect(nowhere?.status()).toBe(404);
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
});
