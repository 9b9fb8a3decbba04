import { expect, test } from '../fixtures';
import {
  addMany, bulkDialog, button, checkbox, expectStatus, nameBox, row, rows, searchBox, selection, sortBy, tabTo,
} from '../support/dashboard';

test('from the search to what is done, by keyboard alone', async ({ admin, upstream }) => {
  await addMany(admin, ['alpha', 'feed-1', 'feed-2', 'feed-3']);
  const { keyboard } = admin;
  await keyboard.press('/');
  await expect(searchBox(admin)).toBeFocused();
  await keyboard.type('feed');
  await expect(rows(admin)).toHaveCount(3);
  await keyboard.press('Tab');
  await keyboard.press('ArrowDown');
  await expect(row(admin, 'feed-1')).toBeFocused();
  await keyboard.press('x');
  await keyboard.press('j');
  await keyboard.press('j');
  await expect(row(admin, 'feed-3')).toBeFocused();
  const outline = await row(admin, 'feed-3').evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(outline).not.toBe('none');
  await keyboard.press('x');
  await keyboard.press('k');
  await expect(row(admin, 'feed-2')).toBeFocused();
  await expect(selection(admin)).toContainText('2 selected');

  // One row alone is in the order of Tab.
  await expect(admin.locator('tr[tabindex]')).toHaveCount(1);
  await tabTo(admin, selection(admin).getByRole('button', { name: 'Disconnect' }));
  await keyboard.press('Enter');
  await expect(bulkDialog(admin)).toContainText('2 of 2 would be changed.');
  await tabTo(admin, bulkDialog(admin).getByRole('button', { name: 'Start' }));
  await keyboard.press('Enter');
  await expect(bulkDialog(admin)).toContainText('Disconnect: 2 of 2 done');
  await keyboard.press('Escape');
  await expect(bulkDialog(admin)).toBeHidden();
  for (const name of ['feed-1', 'feed-3']) await expectStatus(admin, name, 'disconnected');
  await expectStatus(admin, 'feed-2', 'connected');
  expect(upstream.sockets('feed-3')).toHaveLength(0);
  // The way back is where the focus is.
  await expect(button(admin, 'Details')).toBeFocused();
  await keyboard.press('Escape');
  await expect(selection(admin)).toBeHidden();
});

test('the row that has the keyboard keeps it over a refresh', async ({ admin }) => {
  await addMany(admin, ['one', 'two']);
  await sortBy(admin, 'Endpoint', 'ascending');
  await admin.keyboard.press('ArrowDown');
  await admin.keyboard.press('ArrowDown');
  await expect(row(admin, 'two')).toBeFocused();
  await admin.keyboard.press('ArrowDown');
  await expect(row(admin, 'two')).toBeFocused();
  await admin.waitForResponse('**/api/list_connections*');
  await expect(row(admin, 'two')).toBeFocused();
  await admin.keyboard.press('x');
  await expect(checkbox(admin, 'two')).toBeChecked();
  await admin.keyboard.press('Escape');
  await expect(checkbox(admin, 'two')).not.toBeChecked();
});

test('the keys are listed, and single characters can be turned off for good', async ({ admin }) => {
  await addMany(admin, ['one']);
  const keys = admin.getByRole('dialog', { name: 'Keys' });
  await admin.keyboard.press('?');
  await expect(keys).toBeVisible();
  await admin.keyboard.press('Escape');
  await expect(keys).toBeHidden();

  await button(admin, 'Keys').click();
  await keys.getByRole('checkbox').uncheck();
  await keys.getByRole('button', { name: 'Close' }).click();
  await expect(button(admin, 'Keys')).toBeFocused();
  await admin.reload();
  await admin.keyboard.press('?');
  await admin.keyboard.press('/');
  await expect(searchBox(admin)).not.toBeFocused();
  await expect(keys).toBeHidden();
  await admin.keyboard.press('ArrowDown');
  await expect(row(admin, 'one')).toBeFocused();

  await button(admin, 'Keys').click();
  await keys.getByRole('checkbox').check();
  await keys.getByRole('button', { name: 'Close' }).click();
  await admin.keyboard.press('/');
  await expect(searchBox(admin)).toBeFocused();
});

test('no key acts while something is typed, or with a modifier', async ({ admin }) => {
  await addMany(admin, ['one']);
  await nameBox(admin).focus();
  await admin.keyboard.type('x/?jk');
  await admin.keyboard.press('ArrowDown');
  await expect(nameBox(admin)).toHaveValue('x/?jk');
  await expect(nameBox(admin)).toBeFocused();
  await expect(admin.getByRole('dialog')).toHaveCount(0);

  await button(admin, 'Refresh now').focus();
  for (const key of ['Control+j', 'Alt+ArrowDown', 'Shift+ArrowDown', 'Meta+/']) await admin.keyboard.press(key);
  await expect(button(admin, 'Refresh now')).toBeFocused();
});
