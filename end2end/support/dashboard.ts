import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';
import { PASSWORD } from './monitor';

/** What people do on the pages, and where they look, in the words the pages use. */

export type Status = 'connected' | 'connecting' | 'disconnected';

const WORDS = { connected: 'Connected', connecting: 'Connecting', disconnected: 'Disconnected' } as const;

/** Resolves once the page reacts to clicks. */
export async function hydrated(page: Page): Promise<void> {
  // Compiling the WASM of a development build takes its time.
  await expect(page.locator('html[data-hydrated]')).toBeAttached({ timeout: 30_000 });
}

export async function signIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByRole('textbox', { name: 'Username' }).fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const row = (page: Page, name: string): Locator => page.locator(`tr[data-endpoint="${name}"]`);

export const rows = (page: Page): Locator => page.locator('tr[data-endpoint]');

export const nameBox = (page: Page): Locator => page.getByRole('textbox', { name: 'Endpoint name' });

export const searchBox = (page: Page): Locator => page.getByRole('searchbox', { name: 'Search connections' });

/** A button, by its whole name: `Connect` is also the beginning of `Connect data-feed`. */
export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

/** The box that selects a connection. */
export const checkbox = (page: Page, name: string): Locator =>
  row(page, name).getByRole('checkbox', { name: `Select ${name}`, exact: true });

/** The box that selects all connections of the page. */
export const selectAll = (page: Page): Locator => page.getByRole('checkbox', { name: 'Select all on this page' });

/** What can be done to the connections that are selected. */
export const selection = (page: Page): Locator => page.getByRole('region', { name: 'Selection' });

/** What an action on many connections would do, and what came of it. */
export const bulkDialog = (page: Page): Locator => page.locator('dialog#bulk');

/** The notice that tells the outcome of an action on this endpoint. */
export const notice = (page: Page, name: string): Locator => page.getByRole('status').filter({ hasText: name });

export const summary = (page: Page, figure: 'total' | Status): Locator => page.locator(`[data-summary="${figure}"]`);

/** The link that shows only the connections one summary figure counts. */
export const filter = (page: Page, label: 'Total Connections' | (typeof WORDS)[Status]): Locator =>
  page.getByRole('region', { name: 'Connection Summary' }).getByRole('link', { name: new RegExp(`\\b${label}\\b`) });

export async function add(page: Page, name: string): Promise<void> {
  await nameBox(page).fill(name);
  await button(page, 'Connect').click();
}

export async function expectStatus(page: Page, name: string, status: Status, timeout?: number): Promise<void> {
  const badge = row(page, name).locator('[data-status]');
  await expect(badge).toHaveAttribute('data-status', status, timeout === undefined ? {} : { timeout });
  await expect(badge).toHaveText(WORDS[status]);
}

/** Adds connections, a hundred of them in a second: by the form that a page without scripts would send. */
export async function addMany(page: Page, names: string[]): Promise<void> {
  const { pathname } = new URL(page.url());
  for (let start = 0; start < names.length; start += 10) {
    await Promise.all(
      names.slice(start, start + 10).map(async (name) => {
        const form = { add: '', endpoint: name, auto_reconnect: 'on' };
        const response = await page.request.post(pathname, { form, maxRedirects: 0 });
        expect(response.status(), `adding ${name}`).toBe(303);
      }),
    );
  }
  // Nobody on this page has asked for it, so it is not told of the last one either.
  await page.context().clearCookies({ name: 'wsmon_notice' });
  await button(page, 'Refresh now').click();
  await expect(summary(page, 'total')).toHaveText(String(names.length));
}

export const column = (page: Page, name: string): Locator => page.getByRole('columnheader', { name });

/** The first click sorts by a column, the second turns the order round. */
export async function sortBy(page: Page, name: string, direction: 'ascending' | 'descending'): Promise<void> {
  const header = column(page, name);
  for (let click = 0; click < 2; click += 1) {
    const before = await header.getAttribute('aria-sort');
    if (before === direction) break;
    await header.getByRole('link').click();
    await expect(header).not.toHaveAttribute('aria-sort', before ?? 'none');
    await expect(header).toHaveAttribute('aria-sort', /ascending|descending/);
  }
  await expect(header).toHaveAttribute('aria-sort', direction);
}

/** Presses Tab until the keyboard is at this element, as someone without a mouse would. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`not reached with 60 presses of Tab: ${target}`);
}

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Nothing that axe knows of is in the way of anybody. */
export async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => node.html).join('\n')}`);
  expect(found, `${page.url()}`).toEqual([]);
}
