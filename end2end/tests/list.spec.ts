import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import {
  add, addMany, button, column, expectStatus, filter, hydrated, row, rows, searchBox, sortBy, summary,
} from '../support/dashboard';

const number = (index: number) => String(index).padStart(3, '0');
const items = (count: number) => Array.from({ length: count }, (_, index) => `item-${number(index + 1)}`);

async function reload(page: Page): Promise<void> {
  await page.reload();
  await hydrated(page);
}

test('pages through 120 connections', async ({ admin }) => {
  await addMany(admin, items(120));
  await sortBy(admin, 'Endpoint', 'ascending');
  const pages = admin.getByRole('navigation', { name: 'Pages' });

  await expect(pages).toContainText('1–50 of 120');
  await expect(rows(admin)).toHaveCount(50);
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'item-001');

  await pages.getByRole('link', { name: 'Next page' }).click();
  await expect(pages).toContainText('51–100 of 120');
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'item-051');
  await expect(admin).toHaveURL((url) => url.searchParams.get('page') === '2');

  await pages.getByRole('link', { name: 'Next page' }).click();
  await expect(pages).toContainText('101–120 of 120');
  await expect(rows(admin)).toHaveCount(20);

  await reload(admin);
  await expect(pages).toContainText('101–120 of 120');
  await expect(rows(admin).last()).toHaveAttribute('data-endpoint', 'item-120');

  await pages.getByRole('link', { name: 'Previous page' }).click();
  await expect(pages).toContainText('51–100 of 120');
  await admin.goBack();
  await expect(pages).toContainText('101–120 of 120');
});

test('sorts by a column, both ways, and keeps to it', async ({ admin }) => {
  await addMany(admin, items(60));
  await sortBy(admin, 'Endpoint', 'descending');
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'item-060');
  await expect(admin).toHaveURL((url) => url.searchParams.has('sort'));

  await reload(admin);
  await expect(column(admin, 'Endpoint')).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'item-060');

  await sortBy(admin, 'Endpoint', 'ascending');
  await expect(rows(admin).first()).toHaveAttribute('data-endpoint', 'item-001');
});

test('sorts by status', async ({ admin, upstream }) => {
  upstream.refuse('broken', 403);
  for (const name of ['alpha', 'broken', 'zulu']) await add(admin, name);
  await expectStatus(admin, 'broken', 'disconnected');
  await expectStatus(admin, 'zulu', 'connected');

  const ends = async () => {
    const names = await rows(admin).evaluateAll((all) => all.map((row) => row.getAttribute('data-endpoint')));
    return [names.at(0), names.at(-1)].indexOf('broken');
  };
  await sortBy(admin, 'Status', 'ascending');
  await expect.poll(ends).not.toBe(-1);
  const before = await ends();
  await sortBy(admin, 'Status', 'descending');
  await expect.poll(ends).toBe(1 - before);
});

test('searches', async ({ admin }) => {
  await addMany(admin, items(60));
  await searchBox(admin).fill('item-05');
  await expect(rows(admin)).toHaveCount(10);
  await expect(row(admin, 'item-050')).toBeVisible();
  // The summary counts all there is, whatever is shown.
  await expect(summary(admin, 'total')).toHaveText('60');

  await reload(admin);
  await expect(searchBox(admin)).toHaveValue('item-05');
  await expect(rows(admin)).toHaveCount(10);

  await searchBox(admin).fill('nothing like it');
  await expect(admin.getByRole('heading', { name: 'No connection matches' })).toBeVisible();
  await expect(rows(admin)).toHaveCount(0);

  await searchBox(admin).fill('');
  await expect(rows(admin)).toHaveCount(50);
});

test('searching leads back to the first page', async ({ admin }) => {
  await addMany(admin, items(60));
  await admin.getByRole('link', { name: 'Next page' }).click();
  await expect(rows(admin)).toHaveCount(10);
  await searchBox(admin).fill('item-001');
  await expect(rows(admin)).toHaveCount(1);
  await expect(row(admin, 'item-001')).toBeVisible();
});

test('the summary figures filter', async ({ admin, upstream }) => {
  upstream.refuse('broken', 403);
  upstream.hold('slow');
  for (const name of ['good', 'broken', 'slow']) await add(admin, name);
  await expectStatus(admin, 'good', 'connected');
  await expectStatus(admin, 'broken', 'disconnected');
  await expectStatus(admin, 'slow', 'connecting');

  await filter(admin, 'Connected').click();
  await expect(rows(admin)).toHaveCount(1);
  await expect(row(admin, 'good')).toBeVisible();
  await expect(filter(admin, 'Connected')).toHaveAttribute('aria-current', 'true');
  await expect(admin).toHaveURL((url) => url.searchParams.get('status') === 'connected');

  await reload(admin);
  await expect(rows(admin)).toHaveCount(1);
  await expect(row(admin, 'good')).toBeVisible();

  await filter(admin, 'Disconnected').click();
  await expect(row(admin, 'broken')).toBeVisible();
  await expect(rows(admin)).toHaveCount(1);
  await expect(filter(admin, 'Connected')).not.toHaveAttribute('aria-current', 'true');

  await filter(admin, 'Total Connections').click();
  await expect(rows(admin)).toHaveCount(3);
  await expect(admin).toHaveURL((url) => !url.searchParams.get('status'));
});

test('a connection that leaves the filter leaves the list', async ({ admin }) => {
  for (const name of ['one', 'two']) {
    await add(admin, name);
    await expectStatus(admin, name, 'connected');
  }
  await filter(admin, 'Connected').click();
  await expect(filter(admin, 'Connected')).toHaveAttribute('aria-current', 'true');
  await button(admin, 'Disconnect one').click();
  await expect(row(admin, 'one')).toHaveCount(0);
  await expect(row(admin, 'two')).toBeVisible();
});
