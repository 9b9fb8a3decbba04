import { expect, test } from '../fixtures';
import { add, expectNoViolations, expectStatus, hydrated, row } from '../support/dashboard';

const PAGE = '/admin/websocket-monitor/data-feed';

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    test('what was missed is on the page and in a file, and a restart is no outage', async ({ admin, monitor, upstream }) => {
      await add(admin, 'data-feed');
      await expectStatus(admin, 'data-feed', 'connected');
      await upstream.stop();
      await expectStatus(admin, 'data-feed', 'disconnected', 15_000);
      await expect(row(admin, 'data-feed')).toContainText('refused', { timeout: 15_000 });
      await upstream.start();
      await upstream.waitForConnection('data-feed');
      await monitor.restart();
      await upstream.waitForConnection('data-feed');
      await upstream.stop();

      const gaps = admin.getByRole('table', { name: 'Gaps' }).getByRole('row');
      await expect(async () => {
        await admin.goto(PAGE);
        await expect(gaps).toHaveCount(5, { timeout: 100 });
      }).toPass({ timeout: 20_000 });
      await hydrated(admin);
      await expect(gaps.nth(1)).toContainText('still');
      await expect(gaps.nth(1)).toContainText('Connection lost');
      await expect(gaps.nth(2), 'since the start').toContainText(/\d ms|\d s/);
      await expect(gaps.nth(3)).toContainText('Connection lost');
      await expect(gaps.nth(4)).toContainText('Not yet open');

      const availability = admin.getByRole('region', { name: 'Availability' });
      await expect(availability.getByRole('listitem').filter({ has: admin.getByRole('img') })).toHaveCount(5);
      const hour = availability.getByRole('img', { name: /^Last 1 h, \d+\.\d\d % available: down .+, no data .+$/ });
      await expect(hour).toBeVisible();
      await expect(availability.getByRole('img', { name: /^Last 90 d, / })).toBeVisible();

      const [download] = await Promise.all([admin.waitForEvent('download'), admin.getByRole('link', { name: 'All as CSV' }).click()]);
      expect(download.suggestedFilename()).toBe('gaps-data-feed.csv');
      const times = await gaps.getByRole('time').evaluateAll((found) => found.map((time) => (time as HTMLTimeElement).dateTime));
      const file = await (await admin.request.get(`${PAGE}/gaps.csv`)).text();
      const cells = file.trimEnd().split('\r\n').slice(1).reverse().flatMap((line) => line.split(',').slice(0, 2));
      expect(cells.filter((cell) => cell !== '')).toEqual(times);

      for (const width of [1440, 768, 360]) {
        await admin.setViewportSize({ width, height: 900 });
        await expectNoViolations(admin);
        const overflow = await admin.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, `at ${width} px`).toBeLessThanOrEqual(0);
      }
    });
  });
}
