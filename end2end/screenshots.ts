import { resolve } from 'node:path';
import { expect, test } from './fixtures';
import { hydrated, rows, signIn } from './support/dashboard';

const DIRECTORY = resolve(__dirname, '../target/screenshots');
const WIDTHS = [360, 768, 1440];
const SCREENS = { login: '/login', admin: '/admin', monitor: '/admin/websocket-monitor', audit: '/admin/audit', account: '/admin/account', endpoint: '/admin/websocket-monitor/forbidden', guide: '/docs/monitoring/overview', profiles: '/docs/monitoring/profiles' };

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(colorScheme, () => {
    test.use({ demo: true, colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    test('every screen', async ({ page }) => {
      for (const [screen, path] of Object.entries(SCREENS)) {
        await page.goto(path);
        await hydrated(page);
        if (screen !== 'login' && page.url().includes('/login')) {
          await signIn(page);
          await expect(page).toHaveURL((url) => url.pathname === path);
          await hydrated(page);
        }
        if (screen === 'monitor') await expect(rows(page)).toHaveCount(5);
        if (screen === 'endpoint') await page.getByText('Options', { exact: true }).click();
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          await page.screenshot({ path: `${DIRECTORY}/${screen}-${width}-${colorScheme}.png`, fullPage: true });
        }
      }
    });
  });
}
