import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { button, expectStatus, rows, summary } from '../support/dashboard';

test.use({ demo: true });

const STATUSES = ['connected', 'connecting', 'disconnected'];

/** Status badges and summary figures as they stand at one moment. */
function snapshot(page: Page) {
  return page.evaluate((statuses) => {
    const badges = [...document.querySelectorAll('tr[data-endpoint] [data-status]')];
    const figure = (name: string) => Number(document.querySelector(`[data-summary="${name}"]`)?.textContent);
    return {
      badges: statuses.map((status) => badges.filter((badge) => badge.getAttribute('data-status') === status).length),
      figures: statuses.map(figure),
      total: figure('total'),
    };
  }, STATUSES);
}

test('shows five connections in all three statuses', async ({ admin }) => {
  await expect(rows(admin)).toHaveCount(5);
  await expect.poll(async () => (await snapshot(admin)).badges.filter((count) => count > 0).length).toBe(3);
});

test('the summary counts what the table shows', async ({ admin }) => {
  await expect(rows(admin)).toHaveCount(5);
  for (let refresh = 0; refresh < 5; refresh += 1) {
    await button(admin, 'Refresh now').click();
    await expect
      .poll(async () => {
        const { badges, figures, total } = await snapshot(admin);
        return total === 5 && figures.join() === badges.join() && figures.reduce((sum, figure) => sum + figure) === total;
      })
      .toBe(true);
  }
});

test('an empty list offers the sample feeds', async ({ admin }) => {
  await expect(rows(admin)).toHaveCount(5);
  const names = await rows(admin).evaluateAll((all) => all.map((row) => row.getAttribute('data-endpoint')!));
  for (const [removed, name] of names.entries()) {
    await button(admin, `Remove ${name}`).click();
    await expect(rows(admin)).toHaveCount(names.length - removed - 1);
  }

  await expect(admin.getByRole('heading', { name: 'No connections yet' })).toBeVisible();
  await expect(summary(admin, 'total')).toHaveText('0');
  await button(admin, 'Connect data-feed').click();
  await expectStatus(admin, 'data-feed', 'connected');
});
