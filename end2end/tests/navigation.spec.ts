import { expect, test } from '../fixtures';
import { add, addMany, column, expectStatus, hydrated, row, rows, searchBox, signIn, sortBy } from '../support/dashboard';

const names = Array.from({ length: 60 }, (_, index) => `feed-${index + 10}`);

test('going to a connection and back finds the list as it was left', async ({ admin }) => {
  await admin.setViewportSize({ width: 1280, height: 400 });
  await addMany(admin, names);
  await sortBy(admin, 'Endpoint', 'descending');
  await searchBox(admin).fill('feed-');
  await expect(admin).toHaveURL((url) => url.searchParams.get('q') === 'feed-');
  await admin.getByRole('link', { name: 'Next page' }).click();
  await expect(rows(admin)).toHaveCount(10);
  await row(admin, 'feed-12').scrollIntoViewIfNeeded();
  const scrolled = await admin.evaluate(() => window.scrollY);
  expect(scrolled).toBeGreaterThan(100);

  await row(admin, 'feed-12').getByRole('link').click();
  await expect(admin.getByRole('heading', { name: 'feed-12', level: 1 })).toBeVisible();
  await hydrated(admin);
  await admin.goBack();
  await hydrated(admin);
  await expect(rows(admin)).toHaveCount(10);
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'feed-19');
  await expect(searchBox(admin)).toHaveValue('feed-');
  await expect(column(admin, 'Endpoint')).toHaveAttribute('aria-sort', 'descending');
  await expect.poll(() => admin.evaluate(() => window.scrollY)).toBe(scrolled);

  // The steps on the page itself are steps back as well.
  await admin.goBack();
  await expect(rows(admin)).toHaveCount(50);
});

test('one page turns into the next in a picture, unless motion is to be spared', async ({ admin }) => {
  const transition = async () => {
    const revealed = admin.waitForEvent('console', (message) => message.text().startsWith('revealed'));
    await admin.getByRole('link', { name: 'Admin Dashboard' }).click();
    const text = (await revealed).text();
    await admin.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'WebSocket Monitoring' }).click();
    await hydrated(admin);
    return text;
  };
  await admin.addInitScript(() =>
    addEventListener('pagereveal', (event) =>
      console.log('revealed', (event as Event & { viewTransition?: unknown }).viewTransition ? 'in a transition' : 'at once'),
    ),
  );
  expect(await transition()).toBe('revealed in a transition');
  await admin.emulateMedia({ reducedMotion: 'reduce' });
  expect(await transition()).toBe('revealed at once');
});

test('pages with nothing alive load no program', async ({ page }) => {
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  const programs = () => loaded.filter((path) => /\.(js|wasm)$/.test(path));
  await page.goto('/login');
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Admin Dashboard' })).toBeVisible();
  for (const path of ['/docs/monitoring/overview', '/admin']) await page.goto(path);
  // The theme can be chosen all the same.
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('Light');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.waitForLoadState('networkidle');
  expect(programs()).toEqual([]);

  await page.goto('/admin/websocket-monitor');
  await hydrated(page);
  expect(programs()).toHaveLength(2);
  await add(page, 'data-feed');
  await expectStatus(page, 'data-feed', 'connected');
  expect(programs()).toHaveLength(2);
});
