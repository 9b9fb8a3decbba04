import { expect, test } from '../fixtures';
import { add, button, expectNoViolations, expectStatus, hydrated, nameBox, row, tabTo } from '../support/dashboard';

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`axe finds nothing, ${colorScheme}`, () => {
    // Colours are judged as they stand, not half way through a transition.
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    test('on the login', async ({ page, complaints }) => {
      complaints.allow(/Failed to load resource.*\b4\d\d\b/);
      await page.goto('/login');
      await hydrated(page);
      await expectNoViolations(page);

      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await button(page, 'Sign in').click();
      await expect(page.getByRole('alert')).toBeVisible();
      await expectNoViolations(page);
    });

    test('while there is nothing to show', async ({ admin, complaints }) => {
      complaints.allow(/Failed to load resource.*\b4\d\d\b/);
      await expect(admin.getByRole('heading', { name: 'No connections yet' })).toBeVisible();
      await expectNoViolations(admin);

      await add(admin, 'not a name');
      await expect(nameBox(admin)).toHaveAttribute('aria-invalid', 'true');
      await expectNoViolations(admin);

      await admin.goto('/admin');
      await hydrated(admin);
      await expectNoViolations(admin);
    });

    test('with connections in every status', async ({ admin, upstream }) => {
      // Nine screens, each of which axe takes seconds for.
      test.slow();
      upstream.refuse('broken', 403);
      upstream.hold('slow');
      for (const name of ['good', 'broken', 'slow']) await add(admin, name);
      await expectStatus(admin, 'good', 'connected');
      await expectStatus(admin, 'broken', 'disconnected');
      await expectStatus(admin, 'slow', 'connecting');
      await expectNoViolations(admin);

      await admin.setViewportSize({ width: 360, height: 740 });
      await expectNoViolations(admin);

      for (const path of ['/admin', '/admin/audit', '/admin/account', '/docs/monitoring/overview', '/docs/monitoring/profiles', '/admin/websocket-monitor/broken']) {
        await admin.goto(path);
        await hydrated(admin);
        if (path.endsWith('broken')) await admin.getByText('Options', { exact: true }).click();
        await expectNoViolations(admin);
      }
    });
  });
}

test('everything can be done by keyboard', async ({ admin, upstream }) => {
  await tabTo(admin, nameBox(admin));
  await admin.keyboard.type('data-feed');
  await admin.keyboard.press('Enter');
  await expectStatus(admin, 'data-feed', 'connected');

  const autoReconnect = row(admin, 'data-feed').getByRole('switch');
  await tabTo(admin, autoReconnect);
  await admin.keyboard.press('Space');
  await expect(autoReconnect).not.toBeChecked();

  await tabTo(admin, button(admin, 'Disconnect data-feed'));
  await admin.keyboard.press('Enter');
  await expectStatus(admin, 'data-feed', 'disconnected');
  await upstream.waitForNoConnection('data-feed');

  await tabTo(admin, button(admin, 'Remove data-feed'));
  await admin.keyboard.press('Enter');
  await expect(row(admin, 'data-feed')).toHaveCount(0);
});

test('the keyboard is seen where it is', async ({ admin }) => {
  await tabTo(admin, nameBox(admin));
  const outline = await nameBox(admin).evaluate((element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  });
  expect(outline).toBe(true);
});
