import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { expectAge, pass, passToPoll, stopTheClock } from '../support/clock';
import { addMany, button, expectStatus, row, rows, searchBox, sortBy } from '../support/dashboard';

/** Every cell of the list in which something has been changed since, after the name of its row. */
async function watchCells(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const touched = new Set<string>();
    const body = document.querySelector('tbody')!;
    const tell = ({ target, type }: MutationRecord) => {
      const element = target instanceof Element ? target : target.parentElement!;
      const cell = element.closest('td, th');
      const row = element.closest('tr')?.dataset.endpoint ?? 'tbody';
      touched.add(`${row} ${cell?.getAttribute('data-label') ?? cell?.className ?? type}`);
    };
    new MutationObserver((records) => records.forEach(tell)).observe(body, {
      subtree: true, childList: true, characterData: true, attributes: true,
    });
    Object.assign(window, { touched });
  });
  return () => page.evaluate(() => {
    const { touched } = window as unknown as { touched: Set<string> };
    const seen = [...touched].sort();
    touched.clear();
    return seen;
  });
}

test('a refresh touches the cells whose value has changed, and no others', async ({ admin, upstream }) => {
  await addMany(admin, ['one', 'two', 'off']);
  await button(admin, 'Disconnect off').click();
  await expectStatus(admin, 'off', 'disconnected');
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  const touched = await watchCells(admin);

  // Only the times in the status cells go on.
  await passToPoll(admin);
  await expectAge(admin, 0);
  for (const cell of await touched()) expect(cell).toMatch(/^\w+ status$/);

  upstream.send('two', 'hello');
  const messages = row(admin, 'two').locator('[data-label="Messages"]');
  await expect(async () => {
    await passToPoll(admin);
    await expect(messages).toHaveText(/^1 /, { timeout: 500 });
  }).toPass();
  const seen = await touched();
  expect(seen).toEqual(expect.arrayContaining(['two Messages', 'two Last message']));
  for (const cell of seen) expect(cell).toMatch(/^two |^\w+ status$/);
});

test('a refresh disturbs neither typing, focus nor scrolling', async ({ admin, upstream }) => {
  await admin.setViewportSize({ width: 1280, height: 400 });
  await addMany(admin, Array.from({ length: 40 }, (_, index) => `feed-${index + 10}`));
  await sortBy(admin, 'Endpoint', 'ascending');
  await stopTheClock(admin);
  await searchBox(admin).fill('feed');
  await pass(admin, 1);
  await searchBox(admin).press('End');
  await searchBox(admin).pressSequentially('-');
  await expect(rows(admin)).toHaveCount(40);
  await passToPoll(admin);
  await expectAge(admin, 0);
  await admin.evaluate(() => window.scrollTo(0, 200));
  expect(await admin.evaluate(() => window.scrollY)).toBe(200);

  // A row below what is seen changes, and grows by its reason.
  upstream.refuse('feed-49', 403);
  upstream.closeAll('feed-49', 1011);
  await upstream.waitForAttempts('feed-49', 2);
  await passToPoll(admin);
  await expectStatus(admin, 'feed-49', 'disconnected');
  await expect(searchBox(admin)).toBeFocused();
  await expect(searchBox(admin)).toHaveValue('feed-');
  expect(await admin.evaluate(() => window.scrollY)).toBe(200);

  // A button in a row keeps the focus as well.
  const remove = button(admin, 'Remove feed-10');
  await remove.focus();
  await passToPoll(admin);
  await expectAge(admin, 0);
  await expect(remove).toBeFocused();
});
