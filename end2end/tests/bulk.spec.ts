import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import {
  add, addMany, bulkDialog, button, checkbox, column, expectNoViolations, expectStatus, row, rows, searchBox, selectAll,
  selection, sortBy, summary,
} from '../support/dashboard';

const NAMES = Array.from({ length: 60 }, (_, index) => `item-${String(index + 1).padStart(2, '0')}`);

/** Asks what an action would do, and starts it. */
async function carryOut(page: Page, action: string): Promise<void> {
  await selection(page).getByRole('button', { name: action, exact: true }).click();
  await bulkDialog(page).getByRole('button', { name: 'Start' }).click();
}

test('acts on all that match, says what came of it, and brings back only those that it changed', async ({ admin, upstream }) => {
  await addMany(admin, NAMES);
  await expect(summary(admin, 'connected')).toHaveText('60');
  await button(admin, 'Disconnect item-07').click();
  await expectStatus(admin, 'item-07', 'disconnected');
  await expect(selection(admin)).toBeHidden();

  await selectAll(admin).check();
  await expect(selection(admin)).toContainText('50 selected');
  await expect(rows(admin).getByRole('checkbox', { checked: true })).toHaveCount(50);
  await selection(admin).getByRole('button', { name: 'Select all 60 that match' }).click();
  await expect(selection(admin)).toContainText('60 selected');
  await expect(selection(admin).getByRole('button', { name: /that match/ })).toBeHidden();

  await selection(admin).getByRole('button', { name: 'Disconnect' }).click();
  const dialog = bulkDialog(admin);
  await expect(dialog).toContainText('59 of 60 would be changed.');
  await expect(dialog).toContainText('1 left alone: off already');
  await expect(dialog).toBeFocused();
  expect(upstream.sockets('item-01')).toHaveLength(1);

  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(dialog).toContainText('59 of 59 done');
  await expect(dialog.getByRole('progressbar')).toHaveAttribute('value', '59');
  await expect(summary(admin, 'connected')).toHaveText('0');
  expect(NAMES.flatMap((name) => upstream.sockets(name))).toEqual([]);

  await dialog.getByRole('button', { name: 'Undo for 59' }).click();
  await expect(dialog).toContainText('Undo: 59 of 59 done');
  await expect(summary(admin, 'connected')).toHaveText('59');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  await expectStatus(admin, 'item-07', 'disconnected');
  expect(upstream.attemptsOn('item-07')).toBe(1);
});

test('what fails says why', async ({ admin, upstream }) => {
  upstream.refuse('broken', 403);
  await addMany(admin, ['broken', 'good', 'other']);
  await button(admin, 'Disconnect good').click();
  await expectStatus(admin, 'good', 'disconnected');
  await expectStatus(admin, 'broken', 'disconnected');
  await checkbox(admin, 'broken').check();
  await checkbox(admin, 'good').check();
  await expect(selection(admin)).toContainText('2 selected');
  await carryOut(admin, 'Connect');

  const dialog = bulkDialog(admin);
  await expect(dialog).toContainText('1 of 2 done, 1 failed');
  const failures = dialog.getByRole('listitem');
  await expect(failures).toHaveCount(1);
  await expect(failures).toContainText(/^broken .*403/);
  // Closed, it is at hand until the reader has done with it.
  await admin.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(selection(admin)).toContainText('Connect: 1 of 2 done, 1 failed');
  await expect(button(admin, 'Details')).toBeFocused();
  await button(admin, 'Details').press('Enter');
  await expect(failures).toContainText('403');
  await dialog.getByRole('link', { name: 'In the audit log' }).click();
  await expect(admin.locator('tr[data-action="connect"]')).toHaveCount(2);
});

test('removes, and adds back', async ({ admin }) => {
  await addMany(admin, ['one', 'two', 'three']);
  await checkbox(admin, 'one').check();
  await checkbox(admin, 'two').check();
  await carryOut(admin, 'Remove');
  const dialog = bulkDialog(admin);
  await expect(dialog).toContainText('Remove: 2 of 2 done');
  await expect(rows(admin)).toHaveCount(1);
  await dialog.getByRole('button', { name: 'Undo for 2' }).click();
  await expect(dialog).toContainText('Undo: 2 of 2 done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  for (const name of ['one', 'two']) await expectStatus(admin, name, 'connected');
});

test('pauses, resumes and switches', async ({ admin, upstream }) => {
  upstream.refuse('broken', 503);
  await addMany(admin, ['broken', 'good']);
  await expectStatus(admin, 'broken', 'disconnected');
  const paused = (text: string) => expect(row(admin, 'broken').locator('.status')).toContainText(text);
  const outcomes: Array<[string, string, () => Promise<void>]> = [
    ['Pause', '1 left alone: connected or connecting', () => paused('Not tried again')],
    ['Resume', '1 left alone: connected or connecting', () => paused('attempt')],
    ['Auto reconnect off', '2 of 2 would be changed', () => expect(row(admin, 'good').getByRole('switch')).not.toBeChecked()],
    ['Auto reconnect on', '2 of 2 would be changed', () => expect(row(admin, 'good').getByRole('switch')).toBeChecked()],
  ];
  for (const [action, preview, outcome] of outcomes) {
    await selectAll(admin).check();
    await selection(admin).getByRole('button', { name: action, exact: true }).click();
    const dialog = bulkDialog(admin);
    await expect(dialog).toContainText(preview);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await expect(dialog).toContainText(`${action}: `);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await outcome();
  }
});

test('what is selected stays so over a refresh, another order and other pages', async ({ admin, upstream }) => {
  await addMany(admin, NAMES);
  await sortBy(admin, 'Endpoint', 'ascending');
  await checkbox(admin, 'item-03').check();
  await expect(selectAll(admin)).not.toBeChecked();
  expect(await selectAll(admin).evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true);

  upstream.send('item-03', 'hello');
  await expect(async () => {
    await button(admin, 'Refresh now').click();
    await expect(row(admin, 'item-03').locator('[data-label="Messages"]')).toHaveText(/^1 /, { timeout: 500 });
  }).toPass();
  await expect(checkbox(admin, 'item-03')).toBeChecked();

  await admin.getByRole('link', { name: 'Next page' }).click();
  await expect(rows(admin)).toHaveCount(10);
  await checkbox(admin, 'item-55').check();
  await expect(selection(admin)).toContainText('2 selected');
  await column(admin, 'Endpoint').getByRole('link').click();
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'item-60');
  await expect(checkbox(admin, 'item-55')).toBeChecked();
  await expect(rows(admin).getByRole('checkbox', { checked: true })).toHaveCount(1);
  await searchBox(admin).fill('item-03');
  await expect(rows(admin)).toHaveCount(1);
  await expect(checkbox(admin, 'item-03')).toBeChecked();
  await expect(selection(admin)).toContainText('2 selected');
});

test('all that match is given up when something else is searched for, and narrowed by a row that is left out', async ({ admin }) => {
  await addMany(admin, NAMES);
  await selectAll(admin).check();
  await button(admin, 'Select all 60 that match').click();
  await searchBox(admin).fill('item-0');
  await expect(rows(admin)).toHaveCount(9);
  await expect(selection(admin)).toBeHidden();

  await searchBox(admin).fill('');
  await expect(rows(admin)).toHaveCount(50);
  await selectAll(admin).check();
  await button(admin, 'Select all 60 that match').click();
  await checkbox(admin, 'item-02').uncheck();
  await expect(selection(admin)).toContainText('49 selected');
  await button(admin, 'Clear').click();
  await expect(selection(admin)).toBeHidden();
  await expect(rows(admin).getByRole('checkbox', { checked: true })).toHaveCount(0);
});

test('a preview that is not started changes nothing', async ({ admin, upstream }) => {
  await add(admin, 'data-feed');
  await expectStatus(admin, 'data-feed', 'connected');
  await checkbox(admin, 'data-feed').check();
  await selection(admin).getByRole('button', { name: 'Disconnect' }).click();
  await bulkDialog(admin).getByRole('button', { name: 'Cancel' }).click();
  await expect(bulkDialog(admin)).toBeHidden();
  await expect(selection(admin).getByRole('button', { name: 'Disconnect' })).toBeFocused();
  await selection(admin).getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(bulkDialog(admin)).toContainText('There is nothing to change.');
  await expect(bulkDialog(admin).getByRole('button', { name: 'Start' })).toBeHidden();
  await admin.keyboard.press('Escape');
  await expect(selection(admin)).toContainText('1 selected');
  expect(upstream.sockets('data-feed')).toHaveLength(1);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`axe finds nothing, ${colorScheme}`, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    for (const width of [1280, 360]) {
      test(`at ${width} px`, async ({ admin, upstream }) => {
        await admin.setViewportSize({ width, height: 740 });
        upstream.refuse('broken', 403);
        await addMany(admin, ['broken', 'good']);
        await expectStatus(admin, 'broken', 'disconnected');
        await selectAll(admin).check();
        await expect(selection(admin)).toContainText('2 selected');
        await expectNoViolations(admin);
        await selection(admin).getByRole('button', { name: 'Connect', exact: true }).click();
        await expect(bulkDialog(admin)).toContainText('1 of 2 would be changed.');
        await expectNoViolations(admin);
        await bulkDialog(admin).getByRole('button', { name: 'Start' }).click();
        await expect(bulkDialog(admin)).toContainText('1 failed');
        await expectNoViolations(admin);
        await admin.keyboard.press('Escape');
        await button(admin, 'Keys').click();
        await expect(admin.getByRole('dialog', { name: 'Keys' })).toBeVisible();
        await expectNoViolations(admin);
        await button(admin, 'Close').click();
        const beyond = await admin.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(beyond).toBe(0);
      });
    }
  });
}
